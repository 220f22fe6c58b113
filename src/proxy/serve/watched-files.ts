// Files that may change while the proxy runs: looked at again and again, and used only when they are right.
import { DctError, isDctError, printable } from '../../base/errors.ts';
import type { Notices } from '../../base/ports.ts';

export interface WatchedOptions<T> {
  /** For messages: `the certificate`. */
  readonly what: string;
  /** Absolute paths. */
  readonly paths: readonly string[];
  /** The whole file, or undefined when there is none. @throws DISK */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** From the texts, in the order of `paths`. @throws CONFIG_INVALID */
  readonly parse: (texts: readonly string[]) => T;
  readonly notices: Notices;
  readonly everyMs: number;
  /** Called with every attempt to use something new. */
  readonly onReload?: (outcome: 'ok' | 'failed') => void;
}

/**
 * Content is compared rather than times: the files of a Kubernetes secret are links that are moved all at once. While
 * something is wrong, what was right before stays in use.
 */
export class WatchedFiles<T> {
  readonly #options: WatchedOptions<T>;
  readonly #listeners: ((value: T) => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  /** What was looked at last, used or not. */
  #texts: readonly string[] | undefined;
  /** True when what was looked at last cannot be used. */
  #wrong = false;
  #problem: string | undefined;
  #checking: Promise<void> = Promise.resolve();
  #value: T;

  /** @throws CONFIG_INVALID, DISK, when they cannot be used from the start */
  static async open<T>(options: WatchedOptions<T>): Promise<WatchedFiles<T>> {
    const texts = await readAll(options);
    return new WatchedFiles(options, texts, options.parse(texts));
  }

  private constructor(options: WatchedOptions<T>, texts: readonly string[], value: T) {
    this.#options = options;
    this.#texts = texts;
    this.#value = value;
    this.#timer = setInterval(() => void this.check(), options.everyMs);
    this.#timer.unref();
  }

  get value(): T {
    return this.#value;
  }

  onChange(listener: (value: T) => void): void {
    this.#listeners.push(listener);
  }

  /** Looks now, after whoever looks already: what was read first never replaces what was read later. Never rejects. */
  check(): Promise<void> {
    return (this.#checking = this.#checking.then(() => this.#look()));
  }

  /** What is wrong is said once, and counted. */
  async #look(): Promise<void> {
    const { parse, notices, what, onReload } = this.#options;
    try {
      const texts = await readAll(this.#options);
      if (texts.every((text, i) => text === this.#texts?.[i])) {
        // Readable again: that it cannot be read is news the next time. Wrong content stays what it was.
        if (!this.#wrong) this.#problem = undefined;
        return;
      }
      this.#texts = texts;
      this.#wrong = true;
      this.#value = parse(texts);
      for (const listener of this.#listeners) listener(this.#value);
      this.#wrong = false;
      this.#problem = undefined;
      notices.info(`${what} was replaced`);
      onReload?.('ok');
    } catch (error) {
      const problem = isDctError(error) ? error.message : printable(String(error));
      if (problem === this.#problem) return;
      this.#problem = problem;
      notices.warn(`${what} stays as it was: ${problem}`);
      onReload?.('failed');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function readAll<T>({ paths, read }: WatchedOptions<T>): Promise<readonly string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const bytes = await read(path);
      if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
      throw new DctError('DISK', { file: path, operation: 'read', problem: 'there is no such file' });
    }),
  );
}
