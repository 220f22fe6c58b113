// Signing as a port: the author asks for signatures, and no private key ever leaves the key store.
import type { KeyId, PublicKey } from '../model/index.ts';

/** The methods that dct produces (dialect 4.6). */
export type SigningMethod = 'ecdsa' | 'rsapss' | 'eddsa';

export interface Signer {
  /** The bare public key (`ecdsa`, `rsa` or `ed25519`), never a certificate. */
  readonly publicKey: PublicKey;
  /** Its id: the canonical key id, which is also the name of its key file. */
  readonly keyId: KeyId;
  readonly method: SigningMethod;
  /**
   * Signs the message (not a hash of it). ECDSA: SHA-256 and r‖s of fixed width; RSA-PSS: SHA-256, salt of 32 bytes;
   * Ed25519: plain.
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
