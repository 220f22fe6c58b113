// Taking keys from files: everything is read, opened and compared before anything is written, and nothing is lost by it.
import { equalBytes, utf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { archiveKey } from './archive.ts';
import { expectWhole, readBundle, type IncomingKey, type KeySource, type Ownership } from './bundle.ts';
import { expectStored, findKeys, keyPath, readKeyFile, type KeyPlace } from './key-file.ts';
import { newPassphrase } from './new-passphrase.ts';
import type { PassphraseSource } from './passphrase/index.ts';
import { writePem } from './pem.ts';
import { unlockKey, type RememberedPassphrases, type Unlocked } from './unlock.ts';

export interface ImportOptions extends Ownership {
  /** Replaces keys that are here under other passphrases, roles or collections; their files are archived. */
  readonly force?: boolean;
  /** Each file must be a backup that nothing is missing of. */
  readonly wholeBackups?: boolean;
}

export interface ImportedKey {
  readonly keyId: KeyId;
  readonly role: string;
  readonly gun?: string;
  /** Which file it comes from, and which key of it. */
  readonly from: string;
  /** Absolute path. */
  readonly file: string;
  /** `present`: the same key under the same passphrase is here already; its file is left as it is. */
  readonly state: 'new' | 'present' | 'replaced';
}

export interface PreparedImport {
  readonly keys: readonly ImportedKey[];
  /**
   * Writes every key, and reads it back. What fails or dies on the way leaves whole keys, and can be run again.
   * @throws KEY_EXISTS, KEY_CHANGED, DISK, DISK_UNSAFE, LOCKED
   */
  store(): Promise<void>;
}

export interface ImportDoors {
  readonly files: Files;
  readonly passphrases: PassphraseSource;
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A key that was opened, and the file that it will have. */
interface Ready {
  readonly key: ImportedKey;
  readonly bytes: Uint8Array;
  readonly before: KeyPlace | undefined;
  readonly bytesBefore: Uint8Array | undefined;
}

/**
 * Opens every key of every file. Plain keys get a new passphrase, others keep theirs; what Notary could not read, or guards
 * badly, is written anew in its form.
 * @throws KEY_FORMAT, KEY_REFUSED, KEY_ID_WRONG, KEY_CONFLICT, BACKUP_INCOMPLETE, and the errors of unlocking
 */
export async function prepareImport(
  doors: ImportDoors,
  sources: readonly KeySource[],
  options: ImportOptions,
): Promise<PreparedImport> {
  const incoming = sources.flatMap((source) => {
    const keys = readBundle(source, options);
    if (options.wholeBackups === true)
      expectWhole(
        source.name,
        keys.map(({ position }) => position),
      );
    return keys;
  });
  const remembered: RememberedPassphrases = new Map();
  const ready = new Map<KeyId, Ready>();
  for (const key of incoming) {
    const one = await prepareOne(doors, key, options.force === true, remembered);
    const { keyId, role, gun, from } = one.key;
    const twin = ready.get(keyId);
    if (twin !== undefined && (twin.key.role !== role || twin.key.gun !== gun))
      throw new DctError('KEY_REFUSED', {
        what: from,
        problem: `the same key is in ${twin.key.from}, for another role or repository`,
      });
    ready.set(keyId, twin ?? one);
  }
  return {
    keys: [...ready.values()].map(({ key }) => key),
    store: () =>
      doors.exclusively(async () => {
        for (const one of ready.values()) await storeOne(doors.files, one);
      }),
  };
}

async function prepareOne(
  { files, passphrases }: ImportDoors,
  incoming: IncomingKey,
  force: boolean,
  remembered: RememberedPassphrases,
): Promise<Ready> {
  const { role, gun, file: from } = incoming.key;
  const opened = await unlockKey(incoming, passphrases, remembered);
  const { keyId } = opened.signer;
  const owner = { role, ...(gun !== undefined && { gun }) };
  const passphrase = opened.passphrase ?? (await newPassphrase({ keyId, ...owner }, passphrases, remembered));
  if (opened.passphrase === undefined) remembered.set(role, passphrase);
  const bytes = await storedForm(incoming, opened, passphrase, new Map(Object.entries(owner)));

  const before = (await findKeys(files)).keys.get(keyId);
  const bytesBefore = before && (await files.read(before.path));
  const told = { keyId, ...owner, from };
  const file = files.locate(keyPath(keyId));
  const rest = { bytes, before, bytesBefore };
  if (before === undefined) return { key: { ...told, file, state: 'new' }, ...rest };
  const present = files.locate(before.path);
  const problem = await difference(files, before, owner, passphrase);
  if (problem === undefined) return { key: { ...told, file: present, state: 'present' }, ...rest };
  if (!force) throw new DctError('KEY_CONFLICT', { keyId, file: present, problem });
  return { key: { ...told, file, state: 'replaced' }, ...rest };
}

async function storedForm(
  { block }: IncomingKey,
  opened: Unlocked,
  passphrase: string,
  headers: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  if (opened.inNotaryForm) return writePem({ ...block, headers });
  const secret = utf8(passphrase);
  try {
    return writePem(await opened.relock(secret, headers));
  } finally {
    secret.fill(0);
  }
}

/** How the key that is here differs, as the end of a sentence; undefined when it does not. */
async function difference(
  files: Files,
  place: KeyPlace,
  owner: { readonly role: string; readonly gun?: string },
  passphrase: string,
): Promise<string | undefined> {
  try {
    const file = await readKeyFile(files, place);
    const { role, gun } = file.key;
    if (role !== owner.role || gun !== owner.gun)
      return `for ${[role === '' ? 'no role' : role, gun].filter(Boolean).join(' of ')}`;
    if (!file.key.encrypted) return 'without passphrase';
    await unlockKey(file, { get: () => Promise.resolve(undefined) }, new Map([[role, passphrase]]));
    return undefined;
  } catch (error) {
    if (isDctError(error, 'PASSPHRASE_MISSING')) return 'under another passphrase';
    if (isDctError(error, 'KEY_FORMAT', 'KEY_ID_WRONG')) return 'in a file that is damaged';
    throw error;
  }
}

/** The old file is in the archive before its successor takes its place. */
async function storeOne(files: Files, { key, bytes, before, bytesBefore }: Ready): Promise<void> {
  const { keyId, state } = key;
  const path = keyPath(keyId);
  if (state === 'present') return;
  if (before === undefined) {
    await files.create(path, bytes);
  } else {
    const now = await files.read(before.path);
    if (now === undefined || bytesBefore === undefined || !equalBytes(now, bytesBefore))
      throw new DctError('KEY_CHANGED', { file: files.locate(before.path) });
    await archiveKey(files, before.path, keyId);
    await files.write(path, bytes);
  }
  await expectStored(files, path, bytes);
  // A file of the old layout would be a second one for the same key.
  if (before !== undefined && before.path !== path) await files.remove(before.path);
}
