// Public keys as metadata carries them (dialect 4.1).
import type { JsonObject } from '../../base/json.ts';
import { toBase64 } from '../../base/bytes.ts';

export const keyTypes = ['ecdsa', 'ecdsa-x509', 'rsa', 'rsa-x509', 'ed25519'] as const;
export type KeyType = (typeof keyTypes)[number];

/** One public key. Types that dct does not know stay here as text: they parse, but verify nothing (SG-17). */
export interface PublicKey {
  /** A `KeyType`, or something unknown. */
  readonly type: string;
  /**
   * What `keyval.public` holds, decoded: DER SubjectPublicKeyInfo for `ecdsa` and `rsa`, PEM text of a certificate chain
   * for the `-x509` types, 32 raw bytes for `ed25519`.
   */
  readonly value: Uint8Array;
}

declare const keyIdBrand: unique symbol;
/** 64 lower-case hexadecimal digits. */
export type KeyId = string & { readonly [keyIdBrand]: true };

/** The id, or undefined when the text is not one (SG-09). */
export function asKeyId(text: string): KeyId | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? (text as KeyId) : undefined;
}

/** The key object as it is hashed and published; `private` is always null there. */
export function keyObject(key: PublicKey): JsonObject {
  return { keytype: key.type, keyval: { private: null, public: toBase64(key.value) } };
}

export function isCertificateKey(key: PublicKey): boolean {
  return key.type === 'ecdsa-x509' || key.type === 'rsa-x509';
}
