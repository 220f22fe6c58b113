// A signed X.509 certificate as DER, from what is to stand in it (RFC 5280 4.1).
import * as asn1 from 'asn1js';
import type { CertificateRequest, Extension, GeneralName, IssuerMethod } from './certificate-request.ts';

const oids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  sha256: '2.16.840.1.101.3.4.2.1',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

const oid = (value: string): asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value });
const sequence = (...value: asn1.BaseBlock[]): asn1.Sequence => new asn1.Sequence({ value });
const tagged = (tagNumber: number, ...value: asn1.BaseBlock[]): asn1.Constructed =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
const implicit = (tagNumber: number, bytes: Uint8Array): asn1.Primitive =>
  new asn1.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: bufferOf(bytes) });

/** DER of the certificate; `sign` gets the part that is signed and answers r‖s for ECDSA, as metadata has it. */
export async function encodeCertificate(
  request: CertificateRequest,
  method: IssuerMethod,
  sign: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const algorithm = signatureAlgorithm(method);
  const body = sequence(
    tagged(0, new asn1.Integer({ value: 2 })), // version 3
    new asn1.Integer({ valueHex: positive(request.serial) }),
    algorithm,
    name(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    asn1.fromBER(request.publicKey).result,
    tagged(3, sequence(...request.extensions.map(extension))),
  );
  const signature = await sign(new Uint8Array(body.toBER()));
  const wire = method === 'ecdsa' ? ecdsaSignature(signature) : signature;
  const certificate = sequence(body, algorithm, new asn1.BitString({ valueHex: bufferOf(wire) }));
  return new Uint8Array(certificate.toBER());
}

function signatureAlgorithm(method: IssuerMethod): asn1.Sequence {
  if (method === 'ecdsa') return sequence(oid(oids.ecdsaWithSha256));
  const sha256 = sequence(oid(oids.sha256), new asn1.Null());
  const parameters = sequence(
    tagged(0, sha256),
    tagged(1, sequence(oid(oids.mgf1), sha256)),
    tagged(2, new asn1.Integer({ value: 32 })),
  );
  return sequence(oid(oids.rsaPss), parameters);
}

/** One common name; names beyond X.520's 64 characters go in all the same, as Notary does with GUNs. */
function name(commonName: string): asn1.Sequence {
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(commonName);
  const value = isPrintable
    ? new asn1.PrintableString({ value: commonName })
    : new asn1.Utf8String({ value: commonName });
  return sequence(new asn1.Set({ value: [sequence(oid(oids.commonName), value)] }));
}

function time(epochMs: number): asn1.BaseBlock {
  const valueDate = new Date(Math.floor(epochMs / 1000) * 1000);
  // RFC 5280 4.1.2.5: two-digit years end with 2049.
  return valueDate.getUTCFullYear() < 2050
    ? new asn1.UTCTime({ valueDate })
    : new asn1.GeneralizedTime({ valueDate });
}

function extension(wanted: Extension): asn1.Sequence {
  const { id, critical, value } = encodeExtension(wanted);
  return sequence(
    oid(id),
    ...(critical ? [new asn1.Boolean({ value: true })] : []),
    new asn1.OctetString({ valueHex: value.toBER() }),
  );
}

function encodeExtension(wanted: Extension): {
  readonly id: string;
  readonly critical: boolean;
  readonly value: asn1.BaseBlock;
} {
  switch (wanted.kind) {
    case 'key-usage':
      return { id: oids.keyUsage, critical: true, value: keyUsage(wanted.bits) };
    case 'extended-key-usage':
      return { id: oids.extendedKeyUsage, critical: false, value: sequence(oid(oids[wanted.purpose])) };
    case 'basic-constraints':
      // cA is FALSE by default, and DER leaves defaults out.
      return {
        id: oids.basicConstraints,
        critical: true,
        value: wanted.ca ? sequence(new asn1.Boolean({ value: true })) : sequence(),
      };
    case 'subject-alt-name':
      return { id: oids.subjectAltName, critical: false, value: sequence(...wanted.names.map(generalName)) };
    case 'name-constraints':
      return {
        id: oids.nameConstraints,
        critical: true,
        value: sequence(...subtrees(0, wanted.permitted), ...subtrees(1, wanted.excluded)),
      };
  }
}

/** RFC 5280 4.2.1.6: a context tag for each kind of name. */
function generalName(name: GeneralName): asn1.Primitive {
  return 'dns' in name ? implicit(2, new TextEncoder().encode(name.dns)) : implicit(7, name.address);
}

/** RFC 5280 4.2.1.10: an empty list is left out. */
function subtrees(tagNumber: number, names: readonly GeneralName[]): readonly asn1.BaseBlock[] {
  return names.length === 0 ? [] : [tagged(tagNumber, ...names.map((name) => sequence(generalName(name))))];
}

const usageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5 } as const;

/** RFC 5280 4.2.1.3: a bit string whose trailing zero bits are left out. */
function keyUsage(names: readonly (keyof typeof usageBits)[]): asn1.BitString {
  const bits = names.map((usage) => usageBits[usage]);
  const byte = bits.reduce<number>((sum, bit) => sum | (0x80 >> bit), 0);
  return new asn1.BitString({ valueHex: bufferOf(Uint8Array.of(byte)), unusedBits: 7 - Math.max(...bits) });
}

/** Never zero and never a sign bit in front, so that the number is positive and has its shortest form. */
function positive(serial: Uint8Array): ArrayBuffer {
  const bytes = Uint8Array.from(serial);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

/** r‖s as metadata has it, into the SEQUENCE of two integers that certificates have (RFC 5480). */
function ecdsaSignature(signature: Uint8Array): Uint8Array {
  const half = signature.byteLength / 2;
  const integer = (bytes: Uint8Array): asn1.Integer => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const magnitude = bytes.subarray(first === -1 ? bytes.byteLength - 1 : first);
    const padded = (magnitude[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...magnitude) : magnitude;
    return new asn1.Integer({ valueHex: bufferOf(padded) });
  };
  return new Uint8Array(
    sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half))).toBER(),
  );
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
