// Certificates of a chain: what each says of itself besides its key, as far as a pinned authority needs it (RFC 5280 4.2).
import { X509Certificate } from 'node:crypto';
import { utf8 } from '../../base/bytes.ts';
import { certificateKeyType, certificatePem, keyMaterial, signatureProblem } from '../crypto/index.ts';

export interface ChainCertificate {
  readonly certificate: X509Certificate;
  /** Its subject, for people. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** How many authorities may stand between it and the leaf; any number when undefined. */
  readonly pathLength: number | undefined;
  /** Object ids of the extended key usages; any purpose when undefined. */
  readonly purposes: readonly string[] | undefined;
}

/** An authority that the operator vouches for. */
export type PinnedAuthority = ChainCertificate;

/**
 * The authorities in a PEM file, whatever stands between the blocks. Answers the problem as a string when not one of them
 * can be used (RT-13); those that cannot are left out otherwise, as Notary does with bundles. Expired ones are kept: time
 * counts when a chain is checked.
 */
export async function readAuthorities(pem: string): Promise<readonly PinnedAuthority[] | string> {
  const certificates = certificatesIn(pem);
  if (typeof certificates === 'string') return certificates;
  const usable: PinnedAuthority[] = [];
  let problem = 'it holds no certificate';
  for (const certificate of certificates) {
    const read = certificate.ca
      ? await readCertificate(certificate)
      : 'a certificate is not that of an authority';
    if (typeof read === 'string') problem = read;
    else usable.push(read);
  }
  return usable.length > 0 ? usable : problem;
}

/** All certificates of a PEM text, or why it cannot be read. */
export function certificatesIn(pem: string): readonly X509Certificate[] | string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    // OpenSSL's reasons depend on its version.
    return 'a certificate cannot be parsed';
  }
}

/** Answers the problem as a string when the certificate may not stand in a chain, whatever the time is. */
export async function readCertificate(certificate: X509Certificate): Promise<ChainCertificate | string> {
  const name = certificate.subject.replaceAll('\n', ', ');
  const weakness = (await signatureProblem(certificate)) ?? keyProblem(certificate);
  if (weakness !== undefined) return `${name}: ${weakness}`;
  const extensions = await readExtensions(certificate);
  if (extensions === undefined) return `${name}: its extensions cannot be read`;
  const refused = extensions.find(({ id, critical }) =>
    id === oids.nameConstraints ? true : critical && !understood.has(id),
  );
  // What limits an authority in a way that is not checked here must not be passed over (RFC 5280 4.2).
  if (refused !== undefined) return `${name}: it is limited by ${refused.id}, which is not checked here`;
  const constraints = extensions.find(({ id }) => id === oids.basicConstraints);
  return {
    certificate,
    name,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    pathLength: constraints?.pathLength,
    // Node calls the extended usages so.
    purposes: certificate.keyUsage,
  };
}

/** RSA below 2048 bits and curves that dct does not know are no better above a root key than in it (RT-10). */
function keyProblem(certificate: X509Certificate): string | undefined {
  const type = certificateKeyType(certificate);
  if (type === 'ed25519') return undefined;
  const value = utf8(certificatePem(certificate.raw));
  const usable = keyMaterial({ type: type === 'rsa' ? 'rsa-x509' : 'ecdsa-x509', value });
  return usable === undefined ? 'its key is too weak or of an unknown kind' : undefined;
}

const oids = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Extensions that may be critical: heeded here, by OpenSSL (key usage), or without weight for a signature. */
const understood: ReadonlySet<string> = new Set([
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.certificatePolicies,
  oids.extendedKeyUsage,
]);

interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly pathLength: number | undefined;
}

/** Node does not tell them; undefined when they are not what RFC 5280 says. */
async function readExtensions(certificate: X509Certificate): Promise<readonly Extension[] | undefined> {
  const asn1 = await import('asn1js');
  const parts = (block: unknown): readonly unknown[] =>
    block instanceof asn1.Sequence || block instanceof asn1.Constructed ? block.valueBlock.value : [];
  const [body] = parts(asn1.fromBER(certificate.raw).result);
  const tagged = parts(body).find(
    (part) => part instanceof asn1.Constructed && part.idBlock.tagClass === 3 && part.idBlock.tagNumber === 3,
  );
  const extensions: Extension[] = [];
  for (const extension of parts(parts(tagged)[0])) {
    const [id, ...rest] = parts(extension);
    const content = rest.at(-1);
    if (!(id instanceof asn1.ObjectIdentifier) || !(content instanceof asn1.OctetString)) return undefined;
    const [flag] = rest;
    const limit = parts(asn1.fromBER(content.valueBlock.valueHexView).result).at(-1);
    extensions.push({
      id: id.valueBlock.toString(),
      critical: flag instanceof asn1.Boolean && flag.valueBlock.value,
      pathLength: limit instanceof asn1.Integer ? limit.valueBlock.valueDec : undefined,
    });
  }
  return extensions;
}
