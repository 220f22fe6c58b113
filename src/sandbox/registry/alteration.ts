// Ways to alter content while it is served; the bytes in storage stay as they are (BL-01, BL-02, BL-03).
import type { ByteRange } from '../storage/blob-storage.ts';

/**
 * `flip-bit`: one bit in the middle; `truncate`: one byte too few; `extend`: one byte too many; `replace`: other content of
 * the same length.
 */
export type Alteration = 'flip-bit' | 'truncate' | 'extend' | 'replace';

export const alterations: readonly Alteration[] = ['flip-bit', 'truncate', 'extend', 'replace'];

/** The size that content of `size` bytes is served with. */
export function alteredSize(size: number, how: Alteration): number {
  if (how === 'truncate') return size - 1;
  return how === 'extend' ? size + 1 : size;
}

/** A part of the altered content, made from the same part of the honest one. */
export async function* alter(
  how: Alteration,
  size: number,
  range: ByteRange,
  honest: (range: ByteRange) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const end = Math.min(range.end, size);
  let offset = range.start;
  if (offset < end) {
    for await (const chunk of honest({ start: offset, end })) {
      yield alterChunk(chunk, offset, how, size);
      offset += chunk.byteLength;
    }
  }
  if (range.end > size) yield Uint8Array.of(0);
}

/** Always a copy: the chunk may be the storage's own memory. */
function alterChunk(chunk: Uint8Array, offset: number, how: Alteration, size: number): Uint8Array {
  if (how === 'truncate' || how === 'extend') return chunk;
  // The complement differs from every content, whatever it is.
  if (how === 'replace') return chunk.map((byte) => ~byte);
  const middle = Math.floor(size / 2) - offset;
  const copy = Uint8Array.from(chunk);
  const byte = copy[middle];
  if (byte !== undefined) copy[middle] = byte ^ 1;
  return copy;
}
