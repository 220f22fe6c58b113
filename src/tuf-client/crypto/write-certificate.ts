// Writes a certificate as PEM, signed by whoever holds the issuer's key.
import { certificatePem } from './certificate.ts';
import type { CertificateRequest } from './certificate-request.ts';
import type { SigningMethod } from './signer.ts';

/** PEM of a certificate signed by `issuer`, whose `sign` answers r‖s for ECDSA. */
export async function writeCertificate(
  request: CertificateRequest,
  issuer: {
    readonly method: Extract<SigningMethod, 'ecdsa' | 'rsapss'>;
    readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
  },
): Promise<string> {
  // The DER library costs start-up time, and most commands write no certificate.
  const { encodeCertificate } = await import('./certificate-der.ts');
  return certificatePem(await encodeCertificate(request, issuer.method, (bytes) => issuer.sign(bytes)));
}
