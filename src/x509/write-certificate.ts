// Writes a certificate as PEM, signed by whoever holds the issuer's key.
import { toBase64 } from '../base/bytes.ts';
import type { CertificateRequest, IssuerMethod } from './certificate-request.ts';

/** PEM of a certificate signed by `issuer`, whose `sign` answers r‖s for ECDSA. */
export async function writeCertificate(
  request: CertificateRequest,
  issuer: {
    readonly method: IssuerMethod;
    readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
  },
): Promise<string> {
  // The DER library costs start-up time, and most commands write no certificate.
  const { encodeCertificate } = await import('./certificate-der.ts');
  return certificatePem(await encodeCertificate(request, issuer.method, (bytes) => issuer.sign(bytes)));
}

/** Exactly Go's text, because Notary rebuilds it before it computes the id of a key. */
export function certificatePem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
