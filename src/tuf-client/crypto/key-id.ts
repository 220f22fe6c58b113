// Key ids: the hash of a key object, and the id of the bare key inside a certificate (dialect 4.2 and 4.3).
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../base/bytes.ts';
import { canonicalBytes } from '../../base/canonical-json.ts';
import { keyObject, type KeyId, type PublicKey } from '../model/keys.ts';

/** The TUF key id: SHA-256 over the canonical key object. Changes whenever the certificate text changes. */
export function keyId(key: PublicKey): KeyId {
  return toHex(sha256(canonicalBytes(keyObject(key)))) as KeyId;
}
