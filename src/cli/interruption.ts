// Ctrl-C: ends a command at once, except while something runs that must not be left half way.
import { DctError } from '../base/errors.ts';

/** One command's relation to the interrupt signal. */
export class Interruption {
  readonly signal: AbortSignal;
  #undisturbed = 0;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Settles as `work` does, or with INTERRUPTED as soon as the signal comes outside of `undisturbed`. */
  watch<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        if (this.#undisturbed === 0) reject(new DctError('INTERRUPTED', {}));
      };
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener('abort', stop));
    });
  }

  /**
   * Runs work to its end whatever happens, so that its outcome can be told: a publication that was sent, a server that
   * has to drain. It is not begun when the signal came before.
   * @throws INTERRUPTED
   */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    if (this.signal.aborted) throw new DctError('INTERRUPTED', {});
    this.#undisturbed++;
    try {
      return await work();
    } finally {
      this.#undisturbed--;
    }
  }

  /** Resolves when the signal comes, or at once when it came before: what a server waits for. */
  signalled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
