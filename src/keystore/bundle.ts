// Several private keys in one file, as `notary key export` writes them: PEM blocks that say what they are (dialect 5.5).
import { concat } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { asKeyId, asRoleName, signerRole, type KeyId } from '../tuf-client/model/index.ts';
import { foreignFormat } from './foreign-format.ts';
import { expectPrivate, isCollectionRole, isEncrypted, namingFile, type KeyFile } from './key-file.ts';
import { KeyProblem } from './key-problem.ts';
import { readPem, writePem, type PemBlock } from './pem.ts';
import { checkKeyName } from './signer-name.ts';
import type { Locked } from './unlock.ts';

/** A file that somebody wants keys to be taken from. */
export interface KeySource {
  /** For messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Permission bits; undefined when they mean nothing there. */
  readonly mode?: number;
}

/** What is known of keys beyond what their files say. */
export interface Ownership {
  /** The role of keys that name none. */
  readonly defaultRole: string;
  /** The collection of keys that name none. */
  readonly gun?: string;
  /** The signer whose keys they are, whatever they say themselves; keys of base roles are refused then. */
  readonly signer?: string;
}

/** One key of a bundle, still locked; `key.file` says which it is. */
export interface IncomingKey extends Locked {
  /** `2 of 5`, in a backup. */
  readonly position: string | undefined;
}

/**
 * Every key of the file. Nothing in it decides where anything is written: a `path` only promises an id (KS-11).
 * @throws KEY_FORMAT, KEY_REFUSED
 */
export function readBundle({ name, bytes, mode }: KeySource, owner: Ownership): readonly IncomingKey[] {
  const blocks = namingFile(name, () => readBlocks(bytes));
  return blocks.map((block, i) => {
    const file = blocks.length === 1 ? name : `${name} (key ${i + 1} of ${blocks.length})`;
    const key = namingFile(file, () => describe(block, file, owner));
    if (!key.encrypted && mode !== undefined && (mode & 0o077) !== 0) throw exposed(file, mode);
    return { key, block, position: block.headers.get('backup') };
  });
}

function readBlocks(bytes: Uint8Array): readonly PemBlock[] {
  if (bytes.byteLength > limits.keyBundleBytes)
    throw new KeyProblem(`it is larger than ${limits.keyBundleBytes} bytes`);
  const foreign = foreignFormat(bytes);
  if (foreign !== undefined) throw new KeyProblem(foreign);
  const blocks = readPem(bytes);
  blocks.forEach(expectPrivate);
  return blocks;
}

function describe(block: PemBlock, file: string, owner: Ownership): Locked['key'] {
  const promised = readPath(block.headers.get('path'));
  const role = roleOf(block, promised.role, owner, file);
  const gun = block.headers.get('gun') ?? promised.gun ?? owner.gun ?? '';
  if (isCollectionRole(role) && gun === '')
    throw new KeyProblem(`it is a ${role} key, and nothing says of which repository; name it with --gun`);
  return {
    ...(promised.keyId && { keyId: promised.keyId }),
    role,
    ...(isCollectionRole(role) && { gun }),
    encrypted: isEncrypted(block),
    file,
  };
}

function roleOf({ headers }: PemBlock, inPath: string | undefined, owner: Ownership, file: string): string {
  if (owner.signer !== undefined) checkKeyName(owner.signer);
  const stated = headers.get('role') ?? inPath ?? '';
  const role = owner.signer ?? (stated === '' ? owner.defaultRole : stated);
  if (owner.signer !== undefined && asRoleName(stated) !== undefined)
    throw new DctError('KEY_REFUSED', {
      what: `${file} as a key of signer ${owner.signer}`,
      problem: `it is a ${stated} key`,
    });
  if (asRoleName(role) === undefined && signerRole(role) === undefined)
    throw new KeyProblem('its role is neither a role nor the name of a signer');
  return role;
}

interface Promised {
  readonly keyId?: KeyId;
  readonly role?: string;
  readonly gun?: string;
}

/** `ID`, and from before Notary 0.4 `root_keys/ID_root` and `tuf_keys/GUN/ID_targets`. */
function readPath(path: string | undefined): Promised {
  if (path === undefined) return {};
  const form = /^(?:root_keys\/|tuf_keys\/(?:(.+)\/)?)?([0-9a-f]{64})(?:_([a-z0-9_-]+))?$/.exec(path);
  const keyId = asKeyId(form?.[2] ?? '');
  if (form === null || keyId === undefined) throw new KeyProblem('its path header is no key id');
  const [, gun, , role] = form;
  return { keyId, ...(gun !== undefined && { gun }), ...(role !== undefined && { role }) };
}

function exposed(file: string, mode: number): DctError {
  const bits = mode.toString(8).padStart(4, '0');
  const problem = `it is not encrypted, and other users can read or change it (mode ${bits})`;
  return new DctError('KEY_REFUSED', { what: file, problem });
}

/**
 * The bundle of these key files, content untouched. A backup says in every key how many there are, which Notary ignores.
 * @throws KEY_REFUSED for a key that is not encrypted: it leaves its directory under a passphrase only
 */
export function writeBundle(files: readonly KeyFile[], isBackup: boolean): Uint8Array {
  const blocks = files.map(({ key, block }, i) => {
    if (!key.encrypted) {
      const problem = `it is not encrypted; give it a passphrase first: dct key passwd ${key.keyId}`;
      throw new DctError('KEY_REFUSED', { what: `exporting ${key.file}`, problem });
    }
    const headers = new Map([...block.headers, ['path', key.keyId]]);
    if (key.role !== '') headers.set('role', key.role);
    if (key.gun !== undefined) headers.set('gun', key.gun);
    if (isBackup) headers.set('backup', `${i + 1} of ${files.length}`);
    return writePem({ ...block, headers });
  });
  return concat(...blocks);
}

/** Every key of a backup must be there, once. @throws BACKUP_INCOMPLETE */
export function expectWhole(file: string, positions: readonly (string | undefined)[]): void {
  const wanted = positions.map((_, i) => `${i + 1} of ${positions.length}`);
  const missing = wanted.find((position) => !positions.includes(position));
  if (missing === undefined) return;
  const total = /^\d+ of (\d+)$/.exec(positions.find((position) => position !== undefined) ?? '')?.[1];
  const problem =
    total === undefined
      ? 'it does not say how many keys belong to it'
      : `it has ${positions.length} keys, and ${total} were written`;
  throw new DctError('BACKUP_INCOMPLETE', { file, problem });
}
