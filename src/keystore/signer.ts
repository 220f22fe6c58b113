// From a private key to the Signer port: one way to sign for each kind of key (dialect 4.6).
import { constants, createPublicKey, randomBytes, sign } from 'node:crypto';
import { sign as signEd25519 } from '@noble/ed25519';
import {
  keyId,
  keyMaterial,
  verifySignature,
  type KeyMaterial,
  type Signer,
  type SigningMethod,
} from '../tuf-client/crypto/index.ts';
import type { PublicKey } from '../tuf-client/model/index.ts';
import { KeyProblem } from './key-problem.ts';
import type { PrivateKey } from './private-key.ts';

const methods = { ecdsa: 'ecdsa', rsa: 'rsapss', ed25519: 'eddsa' } as const satisfies Record<
  PrivateKey['kind'],
  SigningMethod
>;

/**
 * A signer that has proved itself: a test signature verified with its public key, so that neither a damaged key nor a
 * faulty source of randomness gets as far as metadata (KS-13).
 * @throws KeyProblem for keys that verifiers refuse, and for halves that do not belong together
 */
export async function createSigner(key: PrivateKey): Promise<Signer> {
  const publicKey = publicHalf(key);
  const material = keyMaterial(publicKey);
  if (material === undefined)
    throw new KeyProblem('nobody accepts signatures of such a key (is it RSA with less than 2048 bits?)');
  const signer: Signer = {
    publicKey,
    keyId: keyId(publicKey),
    method: methods[key.kind],
    sign: (message) => Promise.resolve(new Uint8Array(signWith(key, message))),
  };
  if (!(await canSign(signer, material)))
    throw new KeyProblem('its public and private halves do not belong together');
  return signer;
}

async function canSign(signer: Signer, material: KeyMaterial): Promise<boolean> {
  const message = randomBytes(32);
  try {
    const value = await signer.sign(message);
    return verifySignature(material, message, { keyId: signer.keyId, method: signer.method, value });
  } catch {
    // OpenSSL itself notices some RSA keys whose numbers contradict each other.
    return false;
  }
}

function publicHalf(key: PrivateKey): PublicKey {
  if (key.kind === 'ed25519') return { type: 'ed25519', value: key.publicKey };
  const spki = createPublicKey(key.key).export({ type: 'spki', format: 'der' });
  return { type: key.kind, value: new Uint8Array(spki) };
}

function signWith(key: PrivateKey, message: Uint8Array): Uint8Array {
  switch (key.kind) {
    case 'ecdsa':
      // SHA-256 on every curve; r and s of fixed width, never DER (SG-11).
      return sign('sha256', message, { key: key.key, dsaEncoding: 'ieee-p1363' });
    case 'rsa':
      return sign('sha256', message, {
        key: key.key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ed25519':
      return signEd25519(message, key.seed);
  }
}
