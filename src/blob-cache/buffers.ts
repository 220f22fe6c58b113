// Buffers of one size that are used again and again: a stream of any length costs no memory but these.

/** Large enough that system calls do not count, small enough that a hundred streams at once fit into memory. */
export const bufferBytes = 256 * 1024;

/** Free buffers that are kept for later; those that are in use are not counted. */
const keptBuffers = 32;

const free: Uint8Array[] = [];

/** A buffer of `bufferBytes` with whatever its last user left in it. */
export function takeBuffer(): Uint8Array {
  return free.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
}

/** Gives a buffer back; nobody may read or write it from then on. */
export function giveBuffer(buffer: Uint8Array): void {
  if (free.length < keptBuffers) free.push(buffer);
}
