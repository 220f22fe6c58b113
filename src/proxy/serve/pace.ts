// The patience with one client: what it has to take while an answer waits for nothing but it (PX-08).
import type { ServeBounds } from './bounds.ts';

/**
 * Adds up the time for which the proxy waits for a client, and allows so much for the bytes of the answer, after a
 * grace. The kernel's buffers, and whatever keeps the upstream waiting, do not count.
 */
export class Pace {
  readonly #bounds: Pick<ServeBounds, 'paceBytes' | 'graceMs'>;
  readonly #tooSlow: () => void;
  #bytes = 0;
  #waitedMs = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param tooSlow called at most once for each wait */
  constructor(bounds: Pick<ServeBounds, 'paceBytes' | 'graceMs'>, tooSlow: () => void) {
    this.#bounds = bounds;
    this.#tooSlow = tooSlow;
  }

  /** So many bytes were taken without a wait. */
  passed(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A wait begins, until so many bytes more are taken. */
  begin(bytes: number): void {
    this.end();
    this.#bytes += bytes;
    this.#since = performance.now();
    const { paceBytes, graceMs } = this.#bounds;
    const allowedMs = graceMs + (this.#bytes / paceBytes) * 1000 - this.#waitedMs;
    this.#timer = setTimeout(this.#tooSlow, Math.max(allowedMs, 0));
    this.#timer.unref();
  }

  /** The wait is over; without one nothing happens. */
  end(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waitedMs += performance.now() - this.#since;
  }
}
