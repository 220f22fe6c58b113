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
  | { readonly kind: 'subject-alt-name'; readonly names: readonly GeneralName[] }
  /** What an authority may vouch for (RFC 5280 4.2.1.10); its addresses have a mask of the same length behind them. */
  | {
      readonly kind: 'name-constraints';
      readonly permitted: readonly GeneralName[];
      readonly excluded: readonly GeneralName[];
    };

/** A DNS name, or the four or sixteen bytes of an address. */
export type GeneralName = { readonly dns: string } | { readonly address: Uint8Array };

/** How the issuer signs: ECDSA with SHA-256, or RSA-PSS with SHA-256 and 32 bytes of salt. */
export type IssuerMethod = 'ecdsa' | 'rsapss';
