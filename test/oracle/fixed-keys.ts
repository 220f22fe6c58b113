// Keys that are the same in every run, so that a seed leads to the same ids, and the same order of ids, everywhere.
import { createECDH, createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { keyId } from '../../src/tuf-client/crypto/index.ts';
import type { PublicKey } from '../../src/tuf-client/model/index.ts';
import { listedAs, oddPem, type OddCertificate } from '../support/notary/odd-certificate.ts';
import { bare, type ListedKey, type TestSigner } from '../support/notary/signers.ts';

/** The P-256 key of that name. */
export function fixedSigner(name: string): TestSigner {
  const privateKey = privateKeyOf(createHash('sha256').update(name).digest());
  const publicKey: PublicKey = { type: 'ecdsa', value: spkiOf(privateKey) };
  const signNow = (message: Uint8Array): Uint8Array =>
    new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  return {
    publicKey,
    keyId: keyId(publicKey),
    method: 'ecdsa',
    privateKey,
    signNow,
    sign: (message) => Promise.resolve(signNow(message)),
  };
}

export function fixedKey(name: string): ListedKey {
  return bare(fixedSigner(name));
}

/** A root key in a certificate; for the years around the present unless told otherwise. */
export function fixedRootKey(
  name: string,
  names: readonly string[],
  options: Partial<OddCertificate> = {},
): ListedKey {
  const signer = fixedSigner(name);
  const life = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2120, 0, 1) };
  return listedAs(oddPem(signer, { names, ...life, ...options }), signer);
}

function privateKeyOf(secret: Buffer): KeyObject {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  if (x === undefined || y === undefined) throw new Error('the curve has no such point');
  const jwk = { kty: 'EC', crv: 'P-256', d: secret.toString('base64url'), x, y };
  return createPrivateKey({ format: 'jwk', key: jwk });
}

function spkiOf(privateKey: KeyObject): Uint8Array {
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
  // SubjectPublicKeyInfo of P-256 up to the point (RFC 5480).
  const head = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
  return new Uint8Array(Buffer.concat([head, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
}
