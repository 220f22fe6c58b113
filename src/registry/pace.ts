// Tells a registry that is slow from one that only pretends to send (BL-07): a consumer's own slowness does not count.
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';

/** Measures one body. Complete silence is the transport's affair; this is about a byte now and then. */
export class Pace {
  readonly #clock: Clock;
  readonly #origin: string;
  #waitingSince: number;
  #waited = 0;
  #bytes = 0;

  /** Begins to wait. @param origin the server, for errors */
  constructor(clock: Clock, origin: string) {
    this.#clock = clock;
    this.#origin = origin;
    this.#waitingSince = clock.now();
  }

  /** Bytes have come. @throws TIMEOUT when they and those before are too few for the time spent waiting */
  arrived(bytes: number): void {
    // A clock that was put back in the meantime proves nothing.
    this.#waited += Math.max(0, this.#clock.now() - this.#waitingSince);
    this.#bytes += bytes;
    if (this.#waited < limits.blobPaceMs) return;
    if (this.#bytes < limits.blobPaceBytes) {
      const phase = `waiting for more than ${this.#bytes} bytes of a blob`;
      throw new DctError('TIMEOUT', { origin: this.#origin, phase, seconds: limits.blobPaceMs / 1000 });
    }
    this.#waited = 0;
    this.#bytes = 0;
  }

  /** The consumer is ready for more. */
  waiting(): void {
    this.#waitingSince = this.#clock.now();
  }
}
