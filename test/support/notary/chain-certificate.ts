// Certificates of real chains: properly signed, with any limits that an authority may put on those below it.
import { createPublicKey, sign } from 'node:crypto';
import * as asn1 from 'asn1js';
import { toPem } from './odd-certificate.ts';
import type { TestSigner } from './signers.ts';

export interface ChainCertificateOptions {
  readonly subject: string;
  /** Name and key of whoever signs; the subject itself when left out. */
  readonly issuer?: { readonly subject: string; readonly signer: TestSigner };
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Object ids of extended key usages. */
  readonly purposes?: readonly string[];
  /** Object ids of extensions that hold an empty sequence, critical or not. */
  readonly others?: readonly { readonly id: string; readonly critical: boolean }[];
  /** Breaks the signature. */
  readonly forged?: boolean;
}

const oid = (value: string): asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value });
const sequence = (...value: asn1.BaseBlock[]): asn1.Sequence => new asn1.Sequence({ value });
const tagged = (tagNumber: number, ...value: asn1.BaseBlock[]): asn1.Constructed =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const name = (value: string): asn1.Sequence =>
  sequence(new asn1.Set({ value: [sequence(oid('2.5.4.3'), new asn1.Utf8String({ value }))] }));
const time = (epochMs: number): asn1.BaseBlock => new asn1.GeneralizedTime({ valueDate: new Date(epochMs) });

let serial = 0;

/** PEM of a certificate for the key of `signer`. */
export function chainPem(signer: TestSigner, options: ChainCertificateOptions): string {
  const { subject, issuer = { subject, signer }, notBefore, notAfter, ca = false } = options;
  const isEd25519 = issuer.signer.privateKey.asymmetricKeyType === 'ed25519';
  const algorithm = sequence(oid(isEd25519 ? '1.3.101.112' : '1.2.840.10045.4.3.2'));
  const body = sequence(
    tagged(0, new asn1.Integer({ value: 2 })),
    new asn1.Integer({ value: ++serial }),
    algorithm,
    name(issuer.subject),
    sequence(time(notBefore), time(notAfter)),
    name(subject),
    asn1.fromBER(bufferOf(createPublicKey(signer.privateKey).export({ type: 'spki', format: 'der' }))).result,
    tagged(3, sequence(...extensions({ ...options, ca }))),
  );
  const signature = sign(isEd25519 ? null : 'sha256', new Uint8Array(body.toBER()), issuer.signer.privateKey);
  if (options.forged === true) signature.writeUInt8(signature.readUInt8(20) ^ 1, 20);
  const certificate = sequence(body, algorithm, new asn1.BitString({ valueHex: bufferOf(signature) }));
  return toPem(new Uint8Array(certificate.toBER()));
}

function extensions({
  ca = false,
  pathLength,
  purposes,
  others = [],
}: ChainCertificateOptions): asn1.Sequence[] {
  const limits = [
    ...(ca ? [new asn1.Boolean({ value: true })] : []),
    ...(pathLength === undefined ? [] : [new asn1.Integer({ value: pathLength })]),
  ];
  return [
    extension('2.5.29.19', true, sequence(...limits)),
    ...(purposes === undefined ? [] : [extension('2.5.29.37', false, sequence(...purposes.map(oid)))]),
    ...others.map(({ id, critical }) => extension(id, critical, sequence())),
  ];
}

function extension(id: string, critical: boolean, value: asn1.BaseBlock): asn1.Sequence {
  const flag = critical ? [new asn1.Boolean({ value: true })] : [];
  return sequence(oid(id), ...flag, new asn1.OctetString({ valueHex: value.toBER() }));
}
