// Reads every entry again now and then, slowly: what rots on the disk is found before somebody needs it (CA-03, ADR 0019).
import type { Digest } from '../base/digest.ts';

export interface ScrubPace {
  /** Within this time every entry is read once, in milliseconds. */
  readonly withinMs: number;
  /** At least this many bytes a second are read, so that small caches are done sooner; more where `withinMs` needs it. */
  readonly bytesPerSecond: number;
}

export interface Scrubbed {
  digests(): Iterable<Digest>;
  readonly bytes: number;
  /** Hashes one entry; answers its size, or 0 when it is gone. Never rejects. */
  check(digest: Digest): Promise<number>;
}

/** Goes round the entries for ever, with a pause after each that its size asks for. */
export class Scrubber {
  readonly #entries: Scrubbed;
  readonly #pace: ScrubPace;
  #round: Digest[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(entries: Scrubbed, pace: ScrubPace) {
    this.#entries = entries;
    this.#pace = pace;
  }

  start(): void {
    this.#rest(this.#pauseAfter(0));
  }

  /** Resolves when the entry that is being read was read. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Checks the next entry; answers how long to rest after it, in milliseconds. */
  async step(): Promise<number> {
    if (this.#round.length === 0) this.#round = [...this.#entries.digests()].reverse();
    const digest = this.#round.pop();
    return this.#pauseAfter(digest === undefined ? 0 : await this.#entries.check(digest));
  }

  #rest(milliseconds: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.step().then((pause) => this.#rest(pause));
    }, milliseconds).unref();
  }

  #pauseAfter(bytes: number): number {
    const { withinMs, bytesPerSecond } = this.#pace;
    const needed = (this.#entries.bytes / withinMs) * 1000;
    return shortestPauseMs + (bytes / Math.max(bytesPerSecond, needed)) * 1000;
  }
}

/** An empty cache is looked at this often, and no entry follows the one before it sooner. */
const shortestPauseMs = 100;
