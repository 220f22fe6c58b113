// From the bytes in metadata to a usable public key, with everything weak or ambiguous left out (dialect 4.1, 4.6).
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { decodeUtf8, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { PublicKey } from '../model/index.ts';

export type KeyMaterial =
  | { readonly kind: 'ecdsa'; readonly key: KeyObject; readonly coordinateBytes: number }
  | { readonly kind: 'rsa'; readonly key: KeyObject; readonly modulusBytes: number }
  | { readonly kind: 'ed25519'; readonly raw: Uint8Array };

/** OpenSSL's names of the curves that Go knows too, with the size of a coordinate. */
const curves: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

const certificateBlock = /-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/;

/**
 * The key material, or undefined when dct cannot use the key: unknown type (SG-17), content that does not fit the type
 * (SG-19), unknown curve, RSA below 2048 or above `limits.rsaModulusBits` bits (ED-13).
 */
export function keyMaterial(key: PublicKey): KeyMaterial | undefined {
  try {
    switch (key.type) {
      case 'ed25519':
        return key.value.byteLength === 32 ? { kind: 'ed25519', raw: key.value } : undefined;
      case 'ecdsa':
        return ecdsa(fromSpki(key.value));
      case 'rsa':
        return rsa(fromSpki(key.value));
      case 'ecdsa-x509':
        return ecdsa(firstCertificate(key.value).publicKey);
      case 'rsa-x509':
        return rsa(firstCertificate(key.value).publicKey);
      default:
        return undefined;
    }
  } catch {
    // Not parsable as what its type says: like an unknown type, it verifies nothing.
    return undefined;
  }
}

/**
 * Distinguishes public keys, whatever type or certificate wraps them (SG-04). By their numbers, because a point may be
 * encoded compressed or not.
 */
export function keyIdentity(material: KeyMaterial): string {
  if (material.kind === 'ed25519') return `ed25519:${toHex(material.raw)}`;
  const { crv, x, y, n, e } = material.key.export({ format: 'jwk' });
  return [material.kind, crv, x, y, n, e].join(':');
}

/** The leaf of a certificate chain: the first block. @throws when there is none */
export function firstCertificate(pem: Uint8Array): X509Certificate {
  const block = certificateBlock.exec(decodeUtf8(pem) ?? '');
  if (block === null) throw new Error('no certificate');
  return new X509Certificate(block[0]);
}

/** The kind of key that a certificate holds, in OpenSSL's word. Undefined when it cannot be read: Node decodes it only here. */
export function certificateKeyType(certificate: X509Certificate): KeyObject['asymmetricKeyType'] {
  try {
    return certificate.publicKey.asymmetricKeyType;
  } catch {
    // OpenSSL's reasons depend on its version.
    return undefined;
  }
}

function fromSpki(der: Uint8Array): KeyObject {
  const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  // Another encoding of the same key, or bytes behind it, would give one key two ids.
  if (!key.export({ type: 'spki', format: 'der' }).equals(der))
    throw new Error('not the plain form of the key');
  return key;
}

function ecdsa(key: KeyObject): KeyMaterial | undefined {
  const coordinateBytes = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || coordinateBytes === undefined) return undefined;
  return { kind: 'ecdsa', key, coordinateBytes };
}

function rsa(key: KeyObject): KeyMaterial | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const usable =
    key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= limits.rsaModulusBits;
  // Go's own bound on the exponent; even ones are no RSA keys.
  if (!usable || publicExponent > 2n ** 31n - 1n || publicExponent % 2n === 0n || publicExponent < 3n)
    return undefined;
  return { kind: 'rsa', key, modulusBytes: Math.ceil(modulusLength / 8) };
}
