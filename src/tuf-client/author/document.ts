// Making one metadata file: its body, signed by every key at hand, in exact Go form (dialect 2.2 and 4.8).
import { DctError, isDctError } from '../../base/errors.ts';
import type { Instant } from '../../base/instant.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Gun } from '../../base/reference.ts';
import { canonicalKeyId, type Signer } from '../crypto/index.ts';
import {
  parseDocument,
  readEnvelope,
  serialise,
  signedMessage,
  type KeyId,
  type RoleName,
} from '../model/index.ts';
import { checkThreshold, type Authority } from '../trust/index.ts';
import type { SigningKeys } from './types.ts';

/** A file that is to be published. */
export interface Document {
  readonly role: RoleName;
  readonly version: number;
  readonly expires: Instant;
  readonly bytes: Uint8Array;
}

/** An unlocked key, and the id under which metadata knows it: for certificates not the id of the bare key. */
export interface RoleSigner {
  readonly listedId: KeyId;
  readonly signer: Signer;
}

/** Which keys of a role are at hand, by canonical id. Unlocks nothing. */
export async function heldKeys(keys: SigningKeys, authority: Authority): Promise<ReadonlyMap<KeyId, KeyId>> {
  const listedByCanonical = new Map<KeyId, KeyId>();
  for (const [listed, key] of authority.keys) {
    const canonical = canonicalKeyId(key);
    if (canonical !== undefined) listedByCanonical.set(canonical, listed);
  }
  const held = await keys.held([...listedByCanonical.keys()]);
  return new Map([...listedByCanonical].filter(([canonical]) => held.includes(canonical)));
}

/** Whose keys sign in which repository. */
export interface Signatory {
  readonly gun: Gun;
  readonly keys: SigningKeys;
  /** Signatures are collected in a file, so those that are made here need not be enough. */
  readonly collecting: boolean;
}

/**
 * Unlocks all keys of a role that are at hand; Notary too signs with all of them and not just with as many as needed.
 * @throws KEY_MISSING when they are too few (PB-12), and what unlocking throws
 */
export async function unlockRole(signatory: Signatory, authority: Authority): Promise<readonly RoleSigner[]> {
  const { keys, gun, collecting } = signatory;
  const held = await heldKeys(keys, authority);
  if (!collecting && held.size < authority.threshold) {
    const keyIds = [...authority.keys.values()].map((key) => canonicalKeyId(key) ?? 'unusable').join(', ');
    throw new DctError('KEY_MISSING', { gun, role: authority.role, keyIds: keyIds || 'none' });
  }
  const signers: RoleSigner[] = [];
  for (const [canonical, listedId] of held) signers.push({ listedId, signer: await keys.signer(canonical) });
  return signers;
}

/**
 * Signs a body and checks the result the way every reader will: a new root has to satisfy the authority before it too.
 * @throws BUG when our own signatures do not verify, and what signing throws
 */
export async function signDocument(
  role: RoleName,
  body: JsonObject & { readonly version?: unknown },
  common: { readonly version: number; readonly expires: Instant },
  signers: readonly RoleSigner[],
  ...authorities: readonly Authority[]
): Promise<Document> {
  const message = signedMessage(body);
  const signatures = [];
  for (const { listedId, signer } of signers)
    signatures.push({ keyId: listedId, method: signer.method, value: await signer.sign(message) });
  const bytes = serialise(body, signatures);
  if (!authorities.every((authority) => isSignedBy(bytes, authority)))
    throw new DctError('BUG', { problem: `the ${role} metadata signed just now does not verify` });
  return { role, version: common.version, expires: common.expires, bytes };
}

/** Whether a file carries enough signatures of these keys. */
export function isSignedBy(bytes: Uint8Array, authority: Authority): boolean {
  try {
    checkThreshold(authority, parseDocument(`${authority.role} metadata`, bytes, readEnvelope));
    return true;
  } catch (error) {
    if (isDctError(error, 'THRESHOLD')) return false;
    throw error;
  }
}
