// The single rules of verification: one function, one rule, one error each.
import { createHash } from 'node:crypto';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import { JsonProblem } from '../../base/json.ts';
import type { Gun } from '../../base/reference.ts';
import { keyId, keyIdentity, keyMaterial, verifySignature } from '../crypto/index.ts';
import { malformed, signedMessage, type Common, type Envelope, type FileMeta } from '../model/index.ts';
import type { KeyId, KeyTable, PublicKey, RoleName } from '../model/index.ts';

/** Every key must stand under the id of its own content (SG-08). @throws KEY_ID_MISMATCH */
export function checkKeyIds(role: string, keys: KeyTable): void {
  for (const [listed, key] of keys) {
    const computed = keyId(key);
    if (computed !== listed) throw new DctError('KEY_ID_MISMATCH', { role, listed, computed });
  }
}

/** The keys that may sign a role, and how many of them must. */
export interface Authority {
  readonly role: string;
  readonly keys: ReadonlyMap<KeyId, PublicKey>;
  readonly threshold: number;
}

/**
 * TUF 5.4.2 and its sisters. Counts distinct public keys, so that neither a repeated signature (SG-02, SG-03) nor one key
 * under several ids (SG-04) counts twice. Signatures by others, or invalid ones, are passed over (SG-05).
 * @returns the ids of the keys that counted
 * @throws THRESHOLD, MALFORMED
 */
export function checkThreshold(authority: Authority, envelope: Envelope): readonly KeyId[] {
  const message = messageOf(authority.role, envelope);
  const valid = new Map<string, KeyId>();
  for (const signature of envelope.signatures) {
    const key = authority.keys.get(signature.keyId);
    const material = key && keyMaterial(key);
    if (material && verifySignature(material, message, signature))
      valid.set(keyIdentity(material), signature.keyId);
  }
  if (valid.size >= authority.threshold) return [...valid.values()];
  const keys = [...authority.keys.keys()].map((id) => id.slice(0, 12)).join(', ') || 'none';
  throw new DctError('THRESHOLD', {
    role: authority.role,
    needed: authority.threshold,
    valid: valid.size,
    keys,
    signatures: envelope.signatures.length,
  });
}

function messageOf(role: string, envelope: Envelope): Uint8Array {
  try {
    return signedMessage(envelope.signed);
  } catch (error) {
    if (error instanceof JsonProblem) throw malformed(`${role} metadata`, error);
    throw error;
  }
}

/** The keys of a role, picked from the table that declares them. */
export function authorityOf(
  role: { readonly name: RoleName; readonly keyIds: readonly KeyId[]; readonly threshold: number },
  keys: KeyTable,
): Authority {
  const picked = new Map<KeyId, PublicKey>();
  for (const id of role.keyIds) {
    const key = keys.get(id);
    if (key !== undefined) picked.set(id, key);
  }
  return { role: role.name, keys: picked, threshold: role.threshold };
}

/** What was seen of a role before: enough to notice a rollback. */
export interface Seen {
  readonly version: number;
  /** Hexadecimal SHA-256 of the file. */
  readonly sha256: string;
}

/**
 * TUF 5.4.3, 5.5.5, 5.6.4: versions never go back, and one version never has two contents (RB-03).
 * @throws ROLLBACK, SAME_VERSION_CHANGED
 */
export function checkNotOlder(
  gun: Gun,
  role: string,
  version: number,
  bytes: Uint8Array,
  seen: Iterable<Seen | undefined>,
): void {
  for (const before of seen) {
    if (before === undefined) continue;
    if (version < before.version)
      throw new DctError('ROLLBACK', { gun, role, trusted: before.version, offered: version });
    if (version === before.version && sha256Hex(bytes) !== before.sha256)
      throw new DctError('SAME_VERSION_CHANGED', { gun, role, version });
  }
}

/** TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5: valid until just before `expires` (FZ-01). @throws EXPIRED */
export function checkNotExpired(gun: Gun, role: string, common: Common, now: number): void {
  if (now < common.expires.epochMs) return;
  throw new DctError('EXPIRED', { gun, role, expires: common.expires.text, now: showInstant(now) });
}

/** The algorithms that dct can check; others in a table of hashes are passed over, as Notary does. */
const hashAlgorithms = ['sha256', 'sha512'] as const;

/** True when the bytes have the signed length and every signed hash that dct can check, one at least. */
export function matchesMeta(bytes: Uint8Array, meta: FileMeta): boolean {
  return describeMismatch(bytes, meta) === undefined;
}

/** TUF 5.5.2, 5.6.2. The length is exact here, where Notary takes it as an upper bound (ED-02). @throws CONTENT_MISMATCH */
export function checkContent(what: string, bytes: Uint8Array, meta: FileMeta): void {
  const mismatch = describeMismatch(bytes, meta);
  if (mismatch !== undefined) throw new DctError('CONTENT_MISMATCH', { what, ...mismatch });
}

function describeMismatch(
  bytes: Uint8Array,
  meta: FileMeta,
): { readonly property: string; readonly expected: string; readonly actual: string } | undefined {
  if (bytes.byteLength !== meta.length)
    return { property: 'length', expected: String(meta.length), actual: String(bytes.byteLength) };
  let checked = 0;
  for (const algorithm of hashAlgorithms) {
    const expected = meta.hashes.get(algorithm);
    if (expected === undefined) continue;
    const actual = createHash(algorithm).update(bytes).digest();
    if (!equalBytes(actual, expected))
      return { property: algorithm, expected: toHex(expected), actual: toHex(actual) };
    checked++;
  }
  return checked > 0 ? undefined : { property: 'hashes', expected: 'sha256 or sha512', actual: 'neither' };
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
