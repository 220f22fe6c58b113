// The self-signed certificate that a root key wears for one GUN, as Notary's clients make it (dialect 4.4).
import { randomBytes } from 'node:crypto';
import * as asn1 from 'asn1js';
import { utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { certificatePem, type Signer } from '../crypto/index.ts';
import type { PublicKey } from '../model/index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const lifetimeMs = 3650 * dayMs;

const oids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

const oid = (value: string): asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value });
const sequence = (...value: asn1.BaseBlock[]): asn1.Sequence => new asn1.Sequence({ value });
const tagged = (tagNumber: number, ...value: asn1.BaseBlock[]): asn1.Constructed =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });

/** @throws KEY_REFUSED for keys that Notary does not accept as root keys */
export function checkRootKey(signer: Signer): 'ecdsa' | 'rsa' {
  const { type } = signer.publicKey;
  if (type === 'ecdsa' || type === 'rsa') return type;
  throw new DctError('KEY_REFUSED', {
    what: `root key ${signer.keyId}`,
    problem: `root keys cannot be ${type} keys`,
  });
}

/**
 * The public root key for `gun`: a PEM certificate around the signer's key, valid for ten years from `now`.
 * @throws KEY_REFUSED as `checkRootKey`
 */
export async function certifyRootKey(signer: Signer, gun: Gun, now: number): Promise<PublicKey> {
  const type = checkRootKey(signer);
  const { value } = signer.publicKey;
  const algorithm = signatureAlgorithm(signer);
  const body = sequence(
    tagged(0, new asn1.Integer({ value: 2 })), // version 3
    new asn1.Integer({ valueHex: serialNumber() }),
    algorithm,
    name(gun),
    sequence(time(now), time(now + lifetimeMs)),
    name(gun),
    asn1.fromBER(value).result,
    tagged(3, extensions()),
  );
  const signature = await signer.sign(new Uint8Array(body.toBER()));
  const wire = signer.method === 'ecdsa' ? ecdsaSignature(signature) : signature;
  const certificate = sequence(body, algorithm, new asn1.BitString({ valueHex: bufferOf(wire) }));
  return { type: `${type}-x509`, value: utf8(certificatePem(new Uint8Array(certificate.toBER()))) };
}

function signatureAlgorithm(signer: Signer): asn1.Sequence {
  if (signer.method === 'ecdsa') return sequence(oid(oids.ecdsaWithSha256));
  const sha256 = sequence(oid(oids.sha256), new asn1.Null());
  const parameters = sequence(
    tagged(0, sha256),
    tagged(1, sequence(oid(oids.mgf1), sha256)),
    tagged(2, new asn1.Integer({ value: 32 })),
  );
  return sequence(oid(oids.rsaPss), parameters);
}

/** The GUN as the only name; GUNs beyond X.520's 64 characters go in all the same, as Notary does. */
function name(gun: Gun): asn1.Sequence {
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(gun);
  const value = isPrintable ? new asn1.PrintableString({ value: gun }) : new asn1.Utf8String({ value: gun });
  return sequence(new asn1.Set({ value: [sequence(oid(oids.commonName), value)] }));
}

function time(epochMs: number): asn1.BaseBlock {
  const valueDate = new Date(Math.floor(epochMs / 1000) * 1000);
  // RFC 5280 4.1.2.5: two-digit years end with 2049.
  return valueDate.getUTCFullYear() < 2050
    ? new asn1.UTCTime({ valueDate })
    : new asn1.GeneralizedTime({ valueDate });
}

function extensions(): asn1.Sequence {
  const extension = (id: string, critical: boolean, value: asn1.BaseBlock): asn1.Sequence =>
    sequence(
      oid(id),
      ...(critical ? [new asn1.Boolean({ value: true })] : []),
      new asn1.OctetString({ valueHex: value.toBER() }),
    );
  // digitalSignature and keyEncipherment: bits 0 and 2, five bits unused.
  const usage = new asn1.BitString({ valueHex: bufferOf(Uint8Array.of(0xa0)), unusedBits: 5 });
  return sequence(
    extension(oids.keyUsage, true, usage),
    extension(oids.extendedKeyUsage, false, sequence(oid(oids.codeSigning))),
    extension(oids.basicConstraints, true, sequence()), // cA FALSE, by default
  );
}

/** 127 random bits, never zero in front, so that the number is positive and has its shortest form. */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bufferOf(bytes);
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
