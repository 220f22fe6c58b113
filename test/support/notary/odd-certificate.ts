// Certificates that no honest writer makes: any names, dates, keys and algorithms, with a signature that nobody checks.
import * as asn1 from 'asn1js';
import { toBase64, utf8 } from '../../../src/base/bytes.ts';
import { keyId } from '../../../src/tuf-client/crypto/index.ts';
import type { PublicKey } from '../../../src/tuf-client/model/index.ts';
import type { ListedKey, TestSigner } from './signers.ts';

export interface OddCertificate {
  /** Common names of the subject, in one name each. */
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  /** An authority's certificate instead of a leaf. */
  readonly ca?: boolean;
  /** Object id of the signature algorithm; ECDSA with SHA-256 when left out. */
  readonly algorithm?: string;
  /** SubjectPublicKeyInfo to put in, when not that of the signer. */
  readonly spki?: Uint8Array;
}

const oid = (value: string): asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value });
const sequence = (...value: asn1.BaseBlock[]): asn1.Sequence => new asn1.Sequence({ value });
const tagged = (tagNumber: number, ...value: asn1.BaseBlock[]): asn1.Constructed =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** One PEM block as Go writes it. */
export function oddPem(signer: TestSigner, options: OddCertificate): string {
  const { names, notBefore, notAfter, ca = false, algorithm = '1.2.840.10045.4.3.2' } = options;
  const subject = sequence(
    ...names.map(
      (value) =>
        new asn1.Set({ value: [sequence(oid('2.5.4.3'), new asn1.Utf8String({ value }))] }) as asn1.BaseBlock,
    ),
  );
  const isAuthority = ca ? [new asn1.Boolean({ value: true })] : [];
  const constraints = new asn1.OctetString({ valueHex: sequence(...isAuthority).toBER() });
  const spki = options.spki ?? signer.publicKey.value;
  const body = sequence(
    tagged(0, new asn1.Integer({ value: 2 })),
    new asn1.Integer({ value: 1 }),
    sequence(oid(algorithm)),
    subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    asn1.fromBER(bufferOf(spki)).result,
    tagged(3, sequence(sequence(oid('2.5.29.19'), new asn1.Boolean({ value: true }), constraints))),
  );
  const signature = new asn1.BitString({ valueHex: bufferOf(Uint8Array.of(0x30, 0)) });
  return toPem(new Uint8Array(sequence(body, sequence(oid(algorithm)), signature).toBER()));
}

/** The SubjectPublicKeyInfo of a P-256 key under an object id that stands for no kind of key: the last byte is another. */
export function unknownKind(signer: TestSigner): Uint8Array {
  const spki = Uint8Array.from(signer.publicKey.value);
  const lastByteOfKind = 12;
  spki[lastByteOfKind] = 0x7f;
  return spki;
}

export function toPem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A root key with this text in place of a certificate, whatever it is worth. */
export function listedAs(text: string | Uint8Array, signer: TestSigner, type = 'ecdsa-x509'): ListedKey {
  const key: PublicKey = { type, value: typeof text === 'string' ? utf8(text) : text };
  return { id: keyId(key), key, signer };
}

function time(epochMs: number): asn1.BaseBlock {
  return new asn1.GeneralizedTime({ valueDate: new Date(epochMs) });
}
