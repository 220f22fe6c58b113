// Giving keys away: chosen keys as one bundle that `notary key import` and `dct key import` read.
import { DctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { writeBundle } from './bundle.ts';
import { noteCopies } from './copies.ts';
import { expectStored, findKeys, namingFile, readKeyFile, type KeyFile } from './key-file.ts';

/** Which keys: these, those of these collections, or all of them. */
export type KeySelection =
  { readonly keyIds: readonly KeyId[] } | { readonly guns: readonly string[] } | 'all';

export interface ExportRequest {
  readonly selection: KeySelection;
  /** Lets `key restore` tell whether all keys are there. */
  readonly isBackup: boolean;
  /** The directory that gets the file, and the file's name in it. */
  readonly directory: Files;
  readonly name: string;
  readonly force: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ExportedKeys {
  /** Absolute path. */
  readonly file: string;
  readonly keys: readonly KeyFile['key'][];
}

export interface ExportedBytes {
  readonly bytes: Uint8Array;
  readonly keys: readonly KeyFile['key'][];
}

/**
 * The bundle itself. No passphrase is needed, because nothing is decrypted; for the same reason a key that was stored plain
 * is refused.
 * @throws KEYS_NONE, KEY_UNKNOWN, KEY_FORMAT, KEY_REFUSED, DISK, DISK_UNSAFE
 */
export async function bundleOf(
  store: Files,
  selection: KeySelection,
  isBackup: boolean,
): Promise<ExportedBytes> {
  const files = await choose(store, selection);
  const { readLockedKey } = await import('./open-key.ts');
  // A backup of what nobody can open would be found out on the day it is needed.
  for (const { key, block } of files) namingFile(key.file, () => readLockedKey(block));
  return { bytes: writeBundle(files, isBackup), keys: files.map(({ key }) => key) };
}

/**
 * Writes the bundle, mode 0600, and reads it back.
 * @throws KEY_EXISTS, and the errors of `bundleOf`
 */
export async function exportKeys(store: Files, request: ExportRequest): Promise<ExportedKeys> {
  const { directory, name, now } = request;
  const { bytes, keys } = await bundleOf(store, request.selection, request.isBackup);
  if (request.force) await directory.write(name, bytes);
  else await directory.create(name, bytes);
  await expectStored(directory, name, bytes);
  const file = directory.locate(name);
  await noteCopies(
    store,
    keys.map(({ keyId }) => keyId),
    { file, at: now },
  );
  return { file, keys };
}

/** Of a selection by id or collection, every part must choose something. */
async function choose(store: Files, selection: KeySelection): Promise<readonly KeyFile[]> {
  const { keys: places } = await findKeys(store);
  if (selection !== 'all' && 'keyIds' in selection) {
    const ids = [...new Set(selection.keyIds)];
    const chosen = ids.map((keyId) => {
      const place = places.get(keyId);
      if (place === undefined) throw new DctError('KEY_UNKNOWN', { keyId });
      return place;
    });
    return await Promise.all(chosen.map((place) => readKeyFile(store, place)));
  }
  const files: KeyFile[] = [];
  const inOrder = [...places.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  for (const place of inOrder) files.push(await readKeyFile(store, place));
  if (selection === 'all') {
    if (files.length === 0) throw new DctError('KEYS_NONE', { what: 'in the trust directory' });
    return files;
  }
  const empty = selection.guns.find((gun) => !files.some(({ key }) => key.gun === gun));
  if (empty !== undefined) throw new DctError('KEYS_NONE', { what: `of ${empty} on this machine` });
  return files.filter(({ key }) => selection.guns.includes(key.gun ?? ''));
}
