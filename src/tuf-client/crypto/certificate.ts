// Root keys wear certificates: reading a chain, and the rules it must keep (dialect 4.4 and 4.5).
import { X509Certificate } from 'node:crypto';
import { decodeUtf8 } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import { certificatePem } from '../../x509/index.ts';
import type { PublicKey } from '../model/index.ts';
import { keyMaterial } from './key-material.ts';

export interface RootCertificate {
  /** The subject's only common name; empty when there is none or more than one. */
  readonly commonName: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const block = /-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n/g;

/** Signature algorithms with SHA-1 or MD5, by object id (RT-10). */
const weakAlgorithms = new Set([
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
  '1.3.14.3.2.29',
]);

/**
 * Reads the chain of a root key. The text must be exactly what Go writes, because Notary rebuilds it before it computes the
 * key's id. Answers the problem as a string when the chain cannot be used, whatever the time is.
 */
export async function readRootCertificate(key: PublicKey): Promise<RootCertificate | string> {
  try {
    return await readChain(key);
  } catch {
    // Both parsers throw errors of their own on broken DER, at whatever field is broken.
    return 'a certificate cannot be parsed';
  }
}

async function readChain(key: PublicKey): Promise<RootCertificate | string> {
  const text = decodeUtf8(key.value) ?? '';
  const blocks = [...text.matchAll(block)].map((match) => match[0]);
  if (blocks.length === 0) return 'it holds no certificate';
  if (blocks.length > limits.certificatesPerKey)
    return `it holds more than ${limits.certificatesPerKey} certificates`;

  const chain = blocks.map((pem) => new X509Certificate(pem));
  if (chain.map(({ raw }) => certificatePem(raw)).join('') !== text)
    return 'its text is not the plain PEM form';
  const [leaf, ...authorities] = chain;
  if (leaf === undefined || leaf.ca) return 'the first certificate is that of an authority';
  if (authorities.some((certificate) => !certificate.ca)) return 'it holds more than one leaf certificate';
  const problem = await signatureProblem(leaf);
  if (problem !== undefined) return problem;
  if (keyMaterial(key) === undefined) return `it does not hold an acceptable key of the type ${key.type}`;

  const notBefore = Date.parse(leaf.validFrom);
  const notAfter = Date.parse(leaf.validTo);
  if (!(notBefore <= notAfter)) return 'the certificate ends before it begins';
  const names = leaf.toLegacyObject().subject as unknown as
    Readonly<Record<string, string | string[]>> | undefined;
  const name = names?.['CN'];
  return { commonName: typeof name === 'string' ? name : '', notBefore, notAfter };
}

/** Why the way in which a certificate is signed is not good enough, undefined when it is (RT-10). */
export async function signatureProblem(certificate: X509Certificate): Promise<string | undefined> {
  const algorithm = await signatureAlgorithm(certificate);
  if (algorithm === undefined) return 'its signature algorithm cannot be told';
  return weakAlgorithms.has(algorithm) ? 'the certificate is signed with SHA-1 or MD5' : undefined;
}

/** Node does not tell the algorithm; the ASN.1 library is loaded only here and where certificates are made. */
async function signatureAlgorithm(certificate: X509Certificate): Promise<string | undefined> {
  const { fromBER, ObjectIdentifier, Sequence } = await import('asn1js');
  const { result } = fromBER(certificate.raw);
  const algorithm = result instanceof Sequence ? result.valueBlock.value[1] : undefined;
  const id = algorithm instanceof Sequence ? algorithm.valueBlock.value[0] : undefined;
  return id instanceof ObjectIdentifier ? id.valueBlock.toString() : undefined;
}

/**
 * Whether a certificate of this name may speak for the GUN: the same name, or a prefix that ends in `/*`. Notary cuts
 * anywhere, so that `host/team*` would speak for `host/team-evil/x`, and `*` for everything (RT-07).
 */
export function nameCovers(commonName: string, gun: Gun): boolean {
  if (commonName === gun) return true;
  return commonName.endsWith('/*') && commonName.length > 2 && gun.startsWith(commonName.slice(0, -1));
}

const day = 24 * 60 * 60 * 1000;

/** Within its life time, with the day of leeway at the beginning that Notary gives (RT-08). */
export function isCurrent(life: Pick<RootCertificate, 'notBefore' | 'notAfter'>, now: number): boolean {
  return life.notBefore <= now + day && now < life.notAfter;
}
