// One signature against one key: a table from method name to verifier (dialect 4.6).
import { constants, verify as verifyWith } from 'node:crypto';
import { verify as verifyEd25519, hashes } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Signature } from '../model/index.ts';
import type { KeyMaterial } from './key-material.ts';

hashes.sha512 = sha512;

type Verifier = (key: KeyMaterial, message: Uint8Array, signature: Uint8Array) => boolean;

/** `pycrypto-pkcs#1 pss` is left out on purpose: it fits no key that any Notary ever published. */
const verifiers: Readonly<Record<string, Verifier>> = {
  /** SHA-256 on every curve; r and s left-padded to the size of a coordinate, never DER (SG-11). */
  ecdsa: (key, message, signature) =>
    key.kind === 'ecdsa' &&
    signature.byteLength === 2 * key.coordinateBytes &&
    verifyWith('sha256', message, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature),

  /** The salt must have exactly the size of the hash (SG-12). */
  rsapss: (key, message, signature) =>
    key.kind === 'rsa' &&
    signature.byteLength === key.modulusBytes &&
    verifyWith(
      'sha256',
      message,
      {
        key: key.key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      },
      signature,
    ),

  rsapkcs1v15: (key, message, signature) =>
    key.kind === 'rsa' &&
    signature.byteLength === key.modulusBytes &&
    verifyWith('sha256', message, { key: key.key, padding: constants.RSA_PKCS1_PADDING }, signature),

  /** RFC 8032 without the leniency of ZIP 215 (SG-13). */
  eddsa: (key, message, signature) =>
    key.kind === 'ed25519' &&
    signature.byteLength === 64 &&
    verifyEd25519(signature, message, key.raw, { zip215: false }),
};

/** True when the signature is by this key, with a method that belongs to the key's type (SG-10, CVE-2015-9258). */
export function verifySignature(key: KeyMaterial, message: Uint8Array, signature: Signature): boolean {
  const verifier = Object.hasOwn(verifiers, signature.method) ? verifiers[signature.method] : undefined;
  if (verifier === undefined) return false;
  try {
    return verifier(key, message, signature.value);
  } catch {
    // Libraries throw on values out of range; for us that is a signature that does not verify.
    return false;
  }
}
