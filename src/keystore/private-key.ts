// A private key in memory, and the encodings of the bare key: SEC1, PKCS#1, and Notary's own for Ed25519 (dialect 4.1).
import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { getPublicKey, hashes } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equalBytes } from '../base/bytes.ts';
import {
  bitString,
  encodeDer,
  integer,
  members,
  objectId,
  octets,
  octetString,
  oid,
  parseDer,
  sequence,
  smallInteger,
  tagged,
  taggedMembers,
} from './der.ts';
import { KeyProblem } from './key-problem.ts';

hashes.sha512 = sha512;

export type PrivateKey =
  | { readonly kind: 'ecdsa'; readonly key: KeyObject; readonly curveId: string }
  | { readonly kind: 'rsa'; readonly key: KeyObject }
  | { readonly kind: 'ed25519'; readonly seed: Uint8Array; readonly publicKey: Uint8Array };

/** Curves by object id, with OpenSSL's name and the size of the private scalar in bytes. */
const curves = new Map([
  ['1.2.840.10045.3.1.7', { name: 'prime256v1', scalarBytes: 32 }],
  ['1.3.132.0.34', { name: 'secp384r1', scalarBytes: 48 }],
  ['1.3.132.0.35', { name: 'secp521r1', scalarBytes: 66 }],
]);

/**
 * SEC1 ECPrivateKey (RFC 5915). The public half is computed from the private one, as Go does, whatever the bytes say. `outer`
 * is the curve that an enclosing PKCS#8 names. Undefined when the bytes are no such key.
 * @throws KeyProblem for a curve that dct does not know
 */
export function readSec1(der: Uint8Array, outer?: string): PrivateKey | undefined {
  const [version, scalarBlock, ...rest] = members(parseDer(der));
  const scalar = octets(scalarBlock);
  if (smallInteger(version) !== 1 || scalar === undefined) return undefined;
  const inner = rest.map((block) => objectId(taggedMembers(block, 0)[0])).find((id) => id !== '');
  const curveId = outer ?? inner;
  if (curveId === undefined || (inner !== undefined && inner !== curveId)) return undefined;
  try {
    return ecdsaKey(scalar, curveId);
  } finally {
    scalar.fill(0);
  }
}

function ecdsaKey(scalar: Uint8Array, curveId: string): PrivateKey | undefined {
  const curve = curves.get(curveId);
  if (curve === undefined)
    throw new KeyProblem(`its curve ${curveId} is not supported; dct knows P-256, P-384 and P-521`);
  const { name, scalarBytes } = curve;
  const excess = Math.max(0, scalar.byteLength - scalarBytes);
  if (scalar.subarray(0, excess).some((byte) => byte !== 0)) return undefined;
  const padded = new Uint8Array(scalarBytes);
  padded.set(scalar.subarray(excess), scalarBytes - (scalar.byteLength - excess));

  const pair = createECDH(name);
  try {
    pair.setPrivateKey(padded);
  } catch {
    // Zero, or not below the order of the curve.
    return undefined;
  }
  const der = encodeDer(
    sequence(
      integer(1),
      octetString(padded),
      tagged(0, oid(curveId)),
      tagged(1, bitString(pair.getPublicKey())),
    ),
  );
  const key = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'sec1' });
  der.fill(0);
  padded.fill(0);
  return { kind: 'ecdsa', key, curveId };
}

/** PKCS#1 RSAPrivateKey (RFC 8017 A.1.2); undefined when the bytes are no such key. */
export function readPkcs1(der: Uint8Array): PrivateKey | undefined {
  if (members(parseDer(der)).length < 9) return undefined;
  const key = Buffer.from(der);
  try {
    return { kind: 'rsa', key: createPrivateKey({ key, format: 'der', type: 'pkcs1' }) };
  } catch {
    return undefined;
  } finally {
    key.fill(0);
  }
}

/** Notary's 96 bytes: public key, seed, public key again; undefined when they do not belong together. */
export function readNotaryEd25519(bytes: Uint8Array): PrivateKey | undefined {
  if (bytes.byteLength !== 96) return undefined;
  const key = ed25519Key(bytes.slice(32, 64));
  const [before, after] = [bytes.subarray(0, 32), bytes.subarray(64)];
  return equalBytes(before, key.publicKey) && equalBytes(after, key.publicKey) ? key : undefined;
}

/** From the 32 bytes of RFC 8032's private key. */
export function ed25519Key(seed: Uint8Array): PrivateKey & { readonly kind: 'ed25519' } {
  return { kind: 'ed25519', seed, publicKey: new Uint8Array(getPublicKey(seed)) };
}

/** The bare key as Notary has it in memory and inside of PKCS#8. The caller zeroes it after use. */
export function bareKey(key: PrivateKey): Uint8Array {
  switch (key.kind) {
    case 'ecdsa':
      return key.key.export({ type: 'sec1', format: 'der' });
    case 'rsa':
      return key.key.export({ type: 'pkcs1', format: 'der' });
    case 'ed25519':
      return concat(key.publicKey, key.seed, key.publicKey);
  }
}
