// Buffers that are used again and again: a stream of any length costs no memory but these.

const KiB = 1024;

/** While few are in use they are large: every piece that goes to or comes from a file is a hand-over between threads. */
const largeBytes = 1024 * KiB;
const largeAtOnce = 32;

/** For everybody else, so that hundreds of streams at once fit into memory. */
const smallBytes = 256 * KiB;

interface Shelf {
  /** Free buffers that are kept for later. */
  readonly free: Buffer[];
  readonly most: number;
}

const large: Shelf = { free: [], most: 16 };
const small: Shelf = { free: [], most: 32 };
let largeInUse = 0;

/** A buffer with whatever its last user left in it; its size is for the user to ask. */
export function takeBuffer(): Buffer {
  if (largeInUse >= largeAtOnce) return small.free.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
  largeInUse++;
  return large.free.pop() ?? Buffer.allocUnsafeSlow(largeBytes);
}

/** Gives a buffer back, once; nobody may read or write it from then on. */
export function giveBuffer(buffer: Buffer): void {
  const isLarge = buffer.byteLength === largeBytes;
  if (isLarge) largeInUse--;
  const { free, most } = isLarge ? large : small;
  if (free.length < most) free.push(buffer);
}
