// What is to stand in a certificate.

export interface CertificateRequest {
  /** Common names; equal for a self-signed certificate. */
  readonly issuer: string;
  readonly subject: string;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Sixteen random bytes. */
  readonly serial: Uint8Array;
  readonly extensions: readonly Extension[];
}

export type Extension =
  | {
      readonly kind: 'key-usage';
      readonly bits: readonly ('digitalSignature' | 'keyEncipherment' | 'keyCertSign')[];
    }
  | { readonly kind: 'extended-key-usage'; readonly purpose: 'codeSigning' | 'serverAuth' }
  | { readonly kind: 'basic-constraints'; readonly ca: boolean }
  | {
      readonly kind: 'subject-alt-name';
      readonly dns: readonly string[];
      /** Four or sixteen bytes each. */
      readonly addresses: readonly Uint8Array[];
    };
