// Memory that several threads read, such as no garbage collection would hurry for.

/** V8 counts what a thread has for itself, and collects garbage when that grows; of shared memory it counts nothing. */
const counted = new WeakMap<SharedArrayBuffer, Buffer>();

/**
 * So many bytes that other threads can read as well. Only for them: V8 copies out of such memory byte by byte, which is five times
 * as slow (ADR 0025).
 */
export function sharedMemory(bytes: number): Buffer<SharedArrayBuffer> {
  const memory = new SharedArrayBuffer(bytes);
  // As much that V8 counts, and that nobody touches, so that the system finds no room for it.
  counted.set(memory, Buffer.allocUnsafeSlow(bytes));
  return Buffer.from(memory);
}
