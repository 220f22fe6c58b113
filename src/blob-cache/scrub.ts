// Reads every entry again now and then, slowly: what rots on the disk is found before somebody needs it (CA-03, ADR 0019).
import { setTimeout } from 'node:timers/promises';
import type { Digest } from '../base/digest.ts';

export interface ScrubPace {
  /** Within this time every entry is read once, in milliseconds. */
  readonly withinMs: number;
  /** At least this many bytes a second are read, so that small caches are done sooner; more where `withinMs` needs it. */
  readonly bytesPerSecond: number;
  /** An empty cache is looked at this often, and no entry follows the one before it sooner; in milliseconds. */
  readonly pauseMs: number;
}

export interface Scrubbed {
  digests(): Iterable<Digest>;
  readonly bytes: number;
  /** Hashes one entry, and rests after each piece of so many bytes. Rejects only with what `rest` rejects with. */
  check(digest: Digest, rest: (bytes: number) => Promise<void>): Promise<void>;
}

/** Resolves after so many milliseconds. @throws AbortError once the signal is aborted */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Nobody's exit waits for it. */
const sleepUnnoticed: Sleep = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, { ref: false, signal });

/** Goes round the entries for ever, those first that were not used for longest. */
export class Scrubber {
  readonly #entries: Scrubbed;
  readonly #pace: ScrubPace;
  readonly #sleep: Sleep;
  readonly #stop = new AbortController();
  #round: Digest[] = [];
  #running: Promise<void> = Promise.resolve();
  #checked = 0;

  constructor(entries: Scrubbed, pace: ScrubPace, sleep: Sleep = sleepUnnoticed) {
    this.#entries = entries;
    this.#pace = pace;
    this.#sleep = sleep;
  }

  /** Entries that were looked at since the start. */
  get checked(): number {
    return this.#checked;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when nothing is being read any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Rests, and checks the next entry. */
  async step(): Promise<void> {
    await this.#sleep(this.#pace.pauseMs, this.#stop.signal);
    if (this.#round.length === 0) this.#round = [...this.#entries.digests()].reverse();
    const digest = this.#round.pop();
    if (digest === undefined) return;
    await this.#entries.check(digest, (bytes) => this.#rest(bytes));
    this.#checked++;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) await this.step();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #rest(bytes: number): Promise<void> {
    const { withinMs, bytesPerSecond } = this.#pace;
    const needed = (this.#entries.bytes / withinMs) * 1000;
    await this.#sleep((bytes / Math.max(bytesPerSecond, needed)) * 1000, this.#stop.signal);
  }
}
