// The server's own snapshot and timestamp keys: Ed25519, as the real server makes them (dialect 7.5).
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fromBase64, toBase64, utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { isJsonObject, JsonProblem, member, parseJson, type JsonValue } from '../../base/json.ts';
import type { Files } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { keyId, type Signer } from '../../tuf-client/crypto/index.ts';
import type { PublicKey, Root } from '../../tuf-client/model/index.ts';
import type { ServerRole } from './routes.ts';
import { directoryOf } from './storage.ts';

export interface ServerKeys {
  /**
   * The key that a root of this repository should name: the one that its root does name, if the server holds it, else the
   * newest one. The real server makes another key at every call until there is a root, so that who asks twice signs a root
   * that is refused; this one makes one key and stays with it.
   */
  offered(gun: Gun, role: ServerRole, root: Root | undefined): Promise<PublicKey>;
  /** A new key, to rotate to; nothing changes before a root names it. */
  create(gun: Gun, role: ServerRole): Promise<PublicKey>;
  /** The keys of a role that are held here and named by this root; empty when they are fewer than its threshold. */
  signers(gun: Gun, role: ServerRole, root: Root): Promise<readonly Signer[]>;
}

interface HeldKey {
  readonly role: ServerRole;
  readonly signer: Signer;
  readonly privateKey: KeyObject;
}

/**
 * Keys in one file a repository. They outlive the deletion of the metadata, because an owner may publish the old root again
 * (dialect 9.5). The private halves stand there as they are: they belong to a sandbox that is thrown away, nothing outside
 * trusts them, and `Files` lets only their owner read them.
 */
export function createServerKeys(files: Files): ServerKeys {
  const cache = new Map<Gun, readonly HeldKey[]>();

  const held = async (gun: Gun): Promise<readonly HeldKey[]> => {
    const known = cache.get(gun) ?? (await readKeys(files, pathOf(gun)));
    cache.set(gun, known);
    return known;
  };

  const create = async (gun: Gun, role: ServerRole): Promise<PublicKey> => {
    const key = asHeld(role, generateKeyPairSync('ed25519').privateKey);
    const keys = [...(await held(gun)), key];
    await files.write(pathOf(gun), keysToBytes(keys));
    cache.set(gun, keys);
    return key.signer.publicKey;
  };

  return {
    create,

    offered: async (gun, role, root) => {
      const keys = (await held(gun)).filter((key) => key.role === role);
      const named = keys.find(({ signer }) => root?.roles[role].keyIds.includes(signer.keyId));
      return (named ?? keys.at(-1))?.signer.publicKey ?? create(gun, role);
    },

    signers: async (gun, role, root) => {
      const { keyIds, threshold } = root.roles[role];
      const named = (await held(gun)).filter((key) => key.role === role && keyIds.includes(key.signer.keyId));
      return named.length < threshold ? [] : named.map(({ signer }) => signer);
    },
  };
}

function pathOf(gun: Gun): string {
  return `${directoryOf(gun)}/keys.json`;
}

function asHeld(role: ServerRole, privateKey: KeyObject): HeldKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  // The raw key stands at the end of Ed25519's SubjectPublicKeyInfo (RFC 8410 section 4).
  const publicKey: PublicKey = { type: 'ed25519', value: new Uint8Array(spki.subarray(-32)) };
  const signer: Signer = {
    publicKey,
    keyId: keyId(publicKey),
    method: 'eddsa',
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
  };
  return { role, signer, privateKey };
}

function keysToBytes(keys: readonly HeldKey[]): Uint8Array {
  const list = keys.map(({ role, privateKey }) => {
    return { role, pkcs8: toBase64(privateKey.export({ type: 'pkcs8', format: 'der' })) };
  });
  return utf8(`${JSON.stringify(list)}\n`);
}

/** @throws SANDBOX_STATE for anything that `keysToBytes` does not write */
async function readKeys(files: Files, path: string): Promise<readonly HeldKey[]> {
  const bytes = await files.read(path);
  if (bytes === undefined) return [];
  const damaged = (problem: string, cause?: unknown): DctError =>
    new DctError('SANDBOX_STATE', { file: files.locate(path), problem }, cause);
  try {
    const list = parseJson(bytes, { numbers: 'integers' });
    if (!Array.isArray(list)) throw damaged('it is not a list');
    return (list as readonly JsonValue[]).map((item) => readKey(item) ?? damagedKey());
  } catch (error) {
    if (error instanceof JsonProblem) throw damaged(`${error.path}: ${error.message}`, error);
    throw error;
  }
}

function damagedKey(): never {
  throw new JsonProblem('$', 'an entry is not a role and a key');
}

function readKey(value: JsonValue): HeldKey | undefined {
  const [role, pkcs8] = isJsonObject(value) ? [member(value, 'role'), member(value, 'pkcs8')] : [];
  const der = typeof pkcs8 === 'string' ? fromBase64(pkcs8) : undefined;
  if ((role !== 'snapshot' && role !== 'timestamp') || der === undefined) return undefined;
  try {
    return asHeld(role, createPrivateKey({ key: Buffer.from(der), type: 'pkcs8', format: 'der' }));
  } catch {
    // OpenSSL has an error of its own for every way in which a key can be broken.
    return undefined;
  }
}
