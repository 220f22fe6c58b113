// The self-signed certificate that a root key wears for one GUN, as Notary's clients make it (dialect 4.4).
import { randomBytes } from 'node:crypto';
import { utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { writeCertificate, type Extension, type Signer } from '../crypto/index.ts';
import type { PublicKey } from '../model/index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const lifetimeMs = 3650 * dayMs;

const extensions: readonly Extension[] = [
  { kind: 'key-usage', bits: ['digitalSignature', 'keyEncipherment'] },
  { kind: 'extended-key-usage', purpose: 'codeSigning' },
  { kind: 'basic-constraints', ca: false },
];

/** @throws KEY_REFUSED for keys that Notary does not accept as root keys */
export function checkRootKey(signer: Signer): 'ecdsa' | 'rsa' {
  const { type } = signer.publicKey;
  if (type === 'ecdsa' || type === 'rsa') return type;
  throw new DctError('KEY_REFUSED', {
    what: `root key ${signer.keyId}`,
    problem: `root keys cannot be ${type} keys`,
  });
}

/**
 * The public root key for `gun`: a PEM certificate around the signer's key, valid for ten years from `now`.
 * @throws KEY_REFUSED as `checkRootKey`
 */
export async function certifyRootKey(signer: Signer, gun: Gun, now: number): Promise<PublicKey> {
  const type = checkRootKey(signer);
  const pem = await writeCertificate(
    {
      issuer: gun,
      subject: gun,
      publicKey: signer.publicKey.value,
      notBefore: now,
      notAfter: now + lifetimeMs,
      serial: randomBytes(16),
      extensions,
    },
    { method: type === 'ecdsa' ? 'ecdsa' : 'rsapss', sign: (bytes) => signer.sign(bytes) },
  );
  return { type: `${type}-x509`, value: utf8(pem) };
}
