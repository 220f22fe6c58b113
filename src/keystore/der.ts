// Reading and making ASN.1 values without exceptions: what has another shape than expected is undefined.
import * as asn1 from 'asn1js';

export type DerValue = asn1.BaseBlock;

/** One DER value that fills the bytes completely; undefined for anything else. */
export function parseDer(bytes: Uint8Array): DerValue | undefined {
  try {
    // Without embedded parsing: the content of an octet string is not ours to guess at.
    const { offset, result } = asn1.fromBER(bytes, { parseEmbedded: false });
    return offset === bytes.byteLength && result.error === '' ? result : undefined;
  } catch {
    // The library throws where it meets a length or a depth that it refuses.
    return undefined;
  }
}

/** The members of a SEQUENCE; none when it is something else. */
export function members(block: DerValue | undefined): readonly DerValue[] {
  return block instanceof asn1.Sequence ? block.valueBlock.value : [];
}

/** The members of `[number]`, explicitly tagged; none when it is something else. */
export function taggedMembers(block: DerValue | undefined, number: number): readonly DerValue[] {
  const fits =
    block instanceof asn1.Constructed && block.idBlock.tagClass === 3 && block.idBlock.tagNumber === number;
  return fits ? block.valueBlock.value : [];
}

/** An OBJECT IDENTIFIER in dotted form; empty when it is something else. */
export function objectId(block: DerValue | undefined): string {
  return block instanceof asn1.ObjectIdentifier ? block.getValue() : '';
}

/** The content of a primitive OCTET STRING. */
export function octets(block: DerValue | undefined): Uint8Array | undefined {
  return block instanceof asn1.OctetString && !block.idBlock.isConstructed
    ? block.valueBlock.valueHexView
    : undefined;
}

/** An INTEGER that is not negative and below 2^47. */
export function smallInteger(block: DerValue | undefined): number | undefined {
  if (!(block instanceof asn1.Integer)) return undefined;
  const bytes = block.valueBlock.valueHexView;
  if (bytes.byteLength === 0 || bytes.byteLength > 6 || (bytes[0] ?? 0) >= 0x80) return undefined;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function sequence(...value: DerValue[]): asn1.Sequence {
  return new asn1.Sequence({ value });
}

export function tagged(tagNumber: number, ...value: DerValue[]): asn1.Constructed {
  return new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
}

export function oid(value: string): asn1.ObjectIdentifier {
  return new asn1.ObjectIdentifier({ value });
}

export function integer(value: number): asn1.Integer {
  return new asn1.Integer({ value });
}

export function octetString(bytes: Uint8Array): asn1.OctetString {
  return new asn1.OctetString({ valueHex: bytes.slice().buffer });
}

export function bitString(bytes: Uint8Array): asn1.BitString {
  return new asn1.BitString({ valueHex: bytes.slice().buffer });
}

export function encodeDer(block: DerValue): Uint8Array {
  return new Uint8Array(block.toBER());
}
