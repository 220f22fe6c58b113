// Private keys of every kind, as signers that tests may use to sign anything.
import { constants, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto';
import {
  canonicalKeyId,
  keyId,
  type Signer,
  type SigningMethod,
} from '../../../src/tuf-client/crypto/index.ts';
import type { KeyId, PublicKey } from '../../../src/tuf-client/model/index.ts';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'rsa' | 'ed25519';

export interface TestSigner extends Signer {
  readonly privateKey: KeyObject;
  /** As `sign`, without a promise. */
  signNow(message: Uint8Array): Uint8Array;
}

/** A key as metadata lists it: bare, or in a certificate. */
export interface ListedKey {
  readonly id: KeyId;
  readonly key: PublicKey;
  readonly signer: TestSigner;
}

/** A fresh key. */
export function makeSigner(kind: KeyKind = 'p256'): TestSigner {
  const { publicKey, privateKey } = generate(kind);
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const type = kind === 'ed25519' || kind === 'rsa' ? kind : 'ecdsa';
  // The raw key stands at the end of Ed25519's SubjectPublicKeyInfo (RFC 8410).
  const bare: PublicKey = { type, value: kind === 'ed25519' ? spki.slice(-32) : spki };
  const method = { ecdsa: 'ecdsa', rsa: 'rsapss', ed25519: 'eddsa' }[type] as SigningMethod;
  const signNow = (message: Uint8Array): Uint8Array => new Uint8Array(signature(method, privateKey, message));
  const sign = (message: Uint8Array): Promise<Uint8Array> => Promise.resolve(signNow(message));
  return { publicKey: bare, keyId: keyId(bare), method, privateKey, signNow, sign };
}

/** The key as it is listed without a certificate. */
export function bare(signer: TestSigner): ListedKey {
  return { id: signer.keyId, key: signer.publicKey, signer };
}

/** The key inside this certificate. */
export function wearing(certificate: PublicKey, signer: TestSigner): ListedKey {
  if (canonicalKeyId(certificate) !== signer.keyId) throw new Error('the certificate is that of another key');
  return { id: keyId(certificate), key: certificate, signer };
}

/** Fresh bare keys, P-256 unless told otherwise. */
export function makeKeys(count: number, kind?: KeyKind): readonly ListedKey[] {
  return Array.from({ length: count }, () => bare(makeSigner(kind)));
}

function generate(kind: KeyKind): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (kind) {
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    default:
      return generateKeyPairSync('ec', { namedCurve: { p256: 'P-256', p384: 'P-384', p521: 'P-521' }[kind] });
  }
}

function signature(method: SigningMethod, key: KeyObject, message: Uint8Array): Buffer {
  switch (method) {
    case 'ecdsa':
      return signWith('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    case 'rsapss':
      return signWith('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'eddsa':
      return signWith(null, message, key);
  }
}
