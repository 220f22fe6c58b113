// Random changes to the bytes of a file, without regard to what they mean.
import type { Chance } from './chance.ts';

/** The changed bytes, and what was done to them. */
export function changeBytes(bytes: Uint8Array, chance: Chance): readonly [Uint8Array, string] {
  const at = chance.below(bytes.length);
  const around = (middle: Uint8Array, resume = at): Uint8Array =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(resume)]);
  const inserted = chance.pick(['\0', ' ', '\n', ',', '{', '"', '\ufeff', '/**/', 'é']);
  switch (chance.below(6)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8));
      return [flipped, `a bit of byte ${at} flipped`];
    }
    case 1:
      return [around(new Uint8Array(), at + 1), `byte ${at} cut out`];
    case 2:
      return [around(Buffer.from(inserted)), `${JSON.stringify(inserted)} inserted at ${at}`];
    case 3:
      return [bytes.subarray(0, at), `cut off at ${at}`];
    case 4: {
      const tail = chance.pick([' ', '\n', '\0', '{}', 'x', ']']);
      return [Buffer.concat([bytes, Buffer.from(tail)]), `${JSON.stringify(tail)} appended`];
    }
    default:
      return [around(Uint8Array.of(0xff)), `an impossible byte inserted at ${at}`];
  }
}
