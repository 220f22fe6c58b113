// Key ids: the hash of a key object, and the id of the bare key inside a certificate (dialect 4.2 and 4.3).
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../base/bytes.ts';
import { canonicalBytes } from '../../base/canonical-json.ts';
import { isCertificateKey, keyObject, type KeyId, type PublicKey } from '../model/index.ts';
import { keyMaterial } from './key-material.ts';

/** The TUF key id: SHA-256 over the canonical key object. Changes whenever the certificate text changes. */
export function keyId(key: PublicKey): KeyId {
  return toHex(sha256(canonicalBytes(keyObject(key)))) as KeyId;
}

/**
 * The canonical key id: that of the bare key, which is also the name of its private key file. Equal to `keyId` for keys
 * without certificate; undefined when the certificate cannot be used.
 */
export function canonicalKeyId(key: PublicKey): KeyId | undefined {
  if (!isCertificateKey(key)) return keyId(key);
  const material = keyMaterial(key);
  if (material === undefined || material.kind === 'ed25519') return undefined;
  const value = new Uint8Array(material.key.export({ type: 'spki', format: 'der' }));
  return keyId({ type: material.kind, value });
}
