// Memory that several threads read, such as no garbage collection would hurry for.

/** As much memory of a thread's own as it shares. Nobody touches it, so that the system finds no room for it. */
const counted = new WeakMap<SharedArrayBuffer, Buffer>();

/**
 * So many bytes that other threads can read as well. Only for them: V8 copies out of such memory byte by byte, which is five times
 * as slow (ADR 0025).
 */
export function sharedMemory(bytes: number): Buffer<SharedArrayBuffer> {
  const memory = new SharedArrayBuffer(bytes);
  countShared(memory);
  return Buffer.from(memory);
}

/**
 * Makes V8 count memory that this thread shares, for each object that stands for it: also for those that came in messages. It collects
 * garbage when what a thread has for itself grows, counts nothing of what is shared, and each forgotten object keeps all of it.
 */
export function countShared(memory: SharedArrayBuffer): void {
  counted.set(memory, Buffer.allocUnsafeSlow(memory.byteLength));
}
