// Failures of the disk, told once: the cache only saves time, so pulls go on without it (CA-02).
import type { Notices } from '../base/ports.ts';
import { printable } from '../base/errors.ts';
import { diskError } from '../disk/failure.ts';

export class Trouble {
  readonly #notices: Notices;
  readonly #told = new Set<string>();
  /** Failures so far, told or not. */
  count = 0;

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  /** Reports what the system refused; the same operation again only after `overcome`. */
  report(error: unknown, operation: string, file: string): void {
    this.count++;
    if (this.#told.has(operation)) return;
    this.#told.add(operation);
    const { message } = diskError(error, operation, file);
    this.#notices.warn(printable(`${message}; the cache is passed by where it cannot be used`));
  }

  /** The operation worked: its next failure is news again. */
  overcome(operation: string): void {
    if (this.#told.delete(operation)) this.#notices.info(`the cache can ${operation} again`);
  }
}
