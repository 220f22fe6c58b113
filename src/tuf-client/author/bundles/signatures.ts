// Who has signed a document of a bundle, and who still could.
import { canonicalKeyId, keyIdentity, keyMaterial, verifySignature } from '../../crypto/index.ts';
import { roleNames, signedMessage, type KeyId, type RoleName, type Signature } from '../../model/index.ts';
import type { Authority } from '../../trust/index.ts';
import { authorityIn, type Content } from '../content.ts';
import { refuse, type BundledDocument } from './bundle.ts';

/** How far a document is. Keys by canonical id, as `dct key list` names them. */
export interface RoleSignatures {
  readonly role: RoleName;
  readonly needed: number;
  readonly signed: readonly KeyId[];
  /** Keys that may sign, and have not. */
  readonly missing: readonly KeyId[];
}

/** Whose signatures a role needs: for a root those of the root before it too (TUF 5.3.4). */
export function authoritiesOf(role: RoleName, before: Content, after: Content): readonly Authority[] {
  const authority = authorityIn(after, role);
  if (authority === undefined) throw refuse('the bundle', `nobody declares ${role}`);
  const old = role === roleNames.root ? authorityIn(before, role) : undefined;
  return old === undefined || isSame(old, authority) ? [authority] : [old, authority];
}

function isSame(a: Authority, b: Authority): boolean {
  return a.threshold === b.threshold && [...a.keys.keys()].join() === [...b.keys.keys()].join();
}

/**
 * Every signature has to be one that counts: a bundle with any other was not made by dct.
 * @throws BUNDLE_REFUSED
 */
export function checkSignatures(document: BundledDocument, authorities: readonly Authority[]): void {
  const { role, envelope } = document;
  const seen = new Set<KeyId>();
  for (const signature of envelope.signatures) {
    const { keyId } = signature;
    if (seen.has(keyId)) throw refuse('the bundle', `key ${keyId} has signed ${role} twice`);
    seen.add(keyId);
    if (!authorities.some((authority) => authority.keys.has(keyId)))
      throw refuse('the bundle', `${role} is signed by ${keyId}, which may not sign it`);
    if (!authorities.some((authority) => isValid(document, authority, signature)))
      throw refuse('the bundle', `the signature of ${keyId} for ${role} is not valid`);
  }
}

function isValid({ envelope }: BundledDocument, authority: Authority, signature: Signature): boolean {
  const key = authority.keys.get(signature.keyId);
  const material = key && keyMaterial(key);
  return material !== undefined && verifySignature(material, signedMessage(envelope.signed), signature);
}

/** Distinct public keys count, whatever ids they go by (ADR 0004). Every signature was checked before. */
export function countSignatures({ role, envelope }: BundledDocument, authority: Authority): RoleSignatures {
  const signers = new Set(envelope.signatures.map(({ keyId }) => keyId));
  const signed = new Map<string, KeyId>();
  const missing = new Map<string, KeyId>();
  for (const [listed, key] of authority.keys) {
    const material = keyMaterial(key);
    if (material === undefined) continue;
    (signers.has(listed) ? signed : missing).set(keyIdentity(material), canonicalKeyId(key) ?? listed);
  }
  for (const identity of signed.keys()) missing.delete(identity);
  return { role, needed: authority.threshold, signed: [...signed.values()], missing: [...missing.values()] };
}

export function isComplete({ needed, signed }: RoleSignatures): boolean {
  return signed.length >= needed;
}
