// What a key file says about itself without its passphrase: by its place, its name and its PEM headers (dialect 5.1, 5.6).
import { equalBytes } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Files } from '../base/ports.ts';
import { asKeyId, type KeyId } from '../tuf-client/model/index.ts';
import { KeyProblem } from './key-problem.ts';
import { isLegacyEncrypted } from './legacy-encryption.ts';
import { readPem, type PemBlock } from './pem.ts';

/** A private key that is kept here. */
export interface StoredKey {
  /** The canonical key id that the file's name promises; checked against the key whenever it is opened. */
  readonly keyId: KeyId;
  /** `root`, `targets`, `snapshot`, or a signer's name; empty when the file does not tell. */
  readonly role: string;
  /** For keys that were made for one collection. */
  readonly gun?: string;
  readonly encrypted: boolean;
  /** Absolute path. */
  readonly file: string;
}

/** Where a key is kept, and what that place tells. */
export interface KeyPlace {
  /** Relative to the trust directory. */
  readonly path: string;
  readonly keyId: KeyId;
  readonly role?: string;
  readonly gun?: string;
  /** For a key without `role` header. */
  readonly defaultRole: string;
}

export const privateDirectory = 'private';

/** Where Notary keeps this key today. */
export function keyPath(keyId: KeyId): string {
  return `${privateDirectory}/${keyId}.key`;
}

/** Roles whose keys belong to one collection; all other keys serve several (dialect 5.5). */
export function isCollectionRole(role: string): boolean {
  return ['targets', 'snapshot', 'timestamp'].includes(role);
}

/** What is on the disk now must be what was written (KS-07). @throws DISK */
export async function expectStored(files: Files, path: string, written: Uint8Array): Promise<void> {
  const found = await files.read(path);
  if (found !== undefined && equalBytes(found, written)) return;
  const problem = 'what was read back is not what was written';
  throw new DctError('DISK', { file: files.locate(path), operation: 'store a key in', problem });
}

export interface Places {
  /** One for each key id; of two files with the same one, that of today's layout. */
  readonly keys: ReadonlyMap<KeyId, KeyPlace>;
  /** Paths of `.key` files whose names are no key ids. */
  readonly strangers: readonly string[];
}

/** Looks at names only. Ids match whole: Notary's own look-up takes any file whose name begins alike (KS-05). */
export async function findKeys(files: Files): Promise<Places> {
  const keys = new Map<KeyId, KeyPlace>();
  const strangers: string[] = [];
  const names = (await files.list(privateDirectory)).filter((name) => name.endsWith('.key'));
  const depth = (name: string): number => (name.includes('/') ? 1 : 0);
  for (const name of names.sort((a, b) => depth(a) - depth(b))) {
    const place = placeOf(name);
    if (place === undefined) strangers.push(`${privateDirectory}/${name}`);
    else if (!keys.has(place.keyId)) keys.set(place.keyId, place);
  }
  return { keys, strangers };
}

/**
 * Today `ID.key`; before Notary 0.4 `root_keys/.../ID_ROLE.key` and `tuf_keys/GUN/ID_ROLE.key`, where the suffix may be
 * missing. Such files are used where they are, because moving them would be for good.
 */
function placeOf(name: string): KeyPlace | undefined {
  const path = `${privateDirectory}/${name}`;
  const current = asKeyId(name.slice(0, -'.key'.length));
  if (current !== undefined) return { path, keyId: current, defaultRole: '' };

  const old = /^(root_keys|tuf_keys)\/(?:(.+)\/)?([0-9a-f]{64})(?:_([^/]+))?\.key$/.exec(name);
  const keyId = asKeyId(old?.[3] ?? '');
  if (old === null || keyId === undefined) return undefined;
  const [, kind, directory, , role] = old;
  return {
    path,
    keyId,
    ...(role === undefined ? {} : { role }),
    ...(kind === 'root_keys' || directory === undefined ? {} : { gun: directory }),
    defaultRole: kind === 'root_keys' ? 'root' : '',
  };
}

/** A key file that was read but not opened. */
export interface KeyFile {
  readonly key: StoredKey;
  readonly block: PemBlock;
}

/**
 * Of several blocks the first counts, as for Notary.
 * @throws KEY_FORMAT, KEY_UNKNOWN when it vanished, DISK, DISK_UNSAFE
 */
export async function readKeyFile(files: Files, place: KeyPlace): Promise<KeyFile> {
  const { path, keyId } = place;
  const file = files.locate(path);
  const bytes = await files.read(path);
  if (bytes === undefined) throw new DctError('KEY_UNKNOWN', { keyId });
  return namingFile(file, () => {
    if (bytes.byteLength > limits.keyFileBytes)
      throw new KeyProblem(`it is larger than ${limits.keyFileBytes} bytes`);
    const [block] = readPem(bytes);
    expectPrivate(block);
    const gun = place.gun ?? block.headers.get('gun') ?? '';
    const key = {
      keyId,
      role: place.role ?? block.headers.get('role') ?? place.defaultRole,
      ...(gun === '' ? {} : { gun }),
      encrypted: isEncrypted(block),
      file,
    };
    return { key, block };
  });
}

/** @throws KeyProblem for certificates, public keys and the like (KS-12) */
export function expectPrivate({ label }: PemBlock): void {
  if (!/(?:^| )PRIVATE KEY$/.test(label)) throw new KeyProblem(`it holds a ${label}, not a private key`);
}

export function isEncrypted(block: PemBlock): boolean {
  return block.label === 'ENCRYPTED PRIVATE KEY' || isLegacyEncrypted(block);
}

/** Runs what may find a problem with the content of this file. @throws KEY_FORMAT */
export function namingFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asKeyFormat(file, error);
  }
}

/** The problem as an error that names the file; anything else as it is. */
export function asKeyFormat(file: string, error: unknown): unknown {
  return error instanceof KeyProblem ? new DctError('KEY_FORMAT', { file, problem: error.message }) : error;
}
