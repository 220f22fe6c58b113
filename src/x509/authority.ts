// A certificate authority of our own for TLS servers: makes itself, and signs for hosts (RFC 5280).
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { CertificateRequest, Extension, GeneralName } from './certificate-request.ts';
import { writeCertificate } from './write-certificate.ts';

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** PEM of a certificate, and of the private key that belongs to it (PKCS#8). */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its common name. */
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface AuthorityOptions extends Validity {
  readonly name: string;
  /** All that it may vouch for; anything when left out. */
  readonly only?: readonly GeneralName[];
}

/** An authority with a new P-256 key, and the certificate that clients have to trust. */
export async function makeAuthority(
  options: AuthorityOptions,
): Promise<{ readonly authority: Authority; readonly cert: string }> {
  const { name, only } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority: Authority = { name, privateKey };
  const cert = await write(authority, {
    ...options,
    subject: name,
    publicKey,
    extensions: [
      { kind: 'basic-constraints', ca: true },
      { kind: 'key-usage', bits: ['keyCertSign'] },
      ...(only === undefined ? [] : [constraints(only)]),
    ],
  });
  return { authority, cert };
}

/** A certificate for a TLS server of these names, with a new P-256 key. */
export async function issueFor(
  authority: Authority,
  server: Validity & { readonly subject: string; readonly names: readonly GeneralName[] },
): Promise<Credential> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = await write(authority, {
    ...server,
    publicKey,
    extensions: [
      { kind: 'basic-constraints', ca: false },
      { kind: 'key-usage', bits: ['digitalSignature'] },
      { kind: 'extended-key-usage', purpose: 'serverAuth' },
      { kind: 'subject-alt-name', names: server.names },
    ],
  });
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function write(
  { name, privateKey }: Authority,
  about: Validity & {
    readonly subject: string;
    readonly publicKey: KeyObject;
    readonly extensions: readonly Extension[];
  },
): Promise<string> {
  const publicKey = about.publicKey.export({ type: 'spki', format: 'der' });
  const request: CertificateRequest = {
    issuer: name,
    subject: about.subject,
    publicKey,
    notBefore: about.notBefore,
    notAfter: about.notAfter,
    // No key is used twice, so that no serial number is (RFC 5280 4.1.2.2).
    serial: createHash('sha256').update(publicKey).digest().subarray(0, 16),
    extensions: about.extensions,
  };
  return writeCertificate(request, {
    method: 'ecdsa',
    sign: (bytes) => Promise.resolve(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  });
}

const everyIpv4 = { address: new Uint8Array(8) };
const everyIpv6 = { address: new Uint8Array(32) };
const everyDns = { dns: '' };

/**
 * Permits these names and no others. A kind of name of which none is permitted is not constrained at all (RFC 5280
 * 4.2.1.10), so all of it is excluded then; IPv4 and IPv6 are one kind.
 */
function constraints(names: readonly GeneralName[]): Extension {
  const permitted = names.map((name) => ('dns' in name ? name : { address: withFullMask(name.address) }));
  return {
    kind: 'name-constraints',
    permitted,
    excluded: [
      ...(names.some((name) => 'dns' in name) ? [] : [everyDns]),
      ...(names.some((name) => 'address' in name) ? [] : [everyIpv4, everyIpv6]),
    ],
  };
}

function withFullMask(address: Uint8Array): Uint8Array {
  return Uint8Array.of(...address, ...new Uint8Array(address.byteLength).fill(0xff));
}
