// One transfer of a blob from its registry, for everybody who asks for it meanwhile (BL-13).
import type { Incoming } from '../../blob-cache/index.ts';
import { DctError } from '../../base/errors.ts';
import type { Blob } from '../../registry/index.ts';
import { Bell } from './bell.ts';
import { Spool, type OnChunk, type Reader } from './spool.ts';

export interface FlightPlan {
  /** Asks the registry; aborted when nobody waits any more. */
  readonly fetch: (signal: AbortSignal) => Promise<Blob>;
  /** A file to write to; undefined when there is none, and then nobody shares this transfer. */
  readonly receive: (size: number | undefined) => Promise<Incoming | undefined>;
  /** Called once, before the content is kept. */
  readonly onVerified: () => Promise<void>;
  /** Called when nobody may join any more; perhaps more than once. */
  readonly onClosed: () => void;
  readonly patienceMs: number;
}

/** When everybody has left, a transfer of which this share is here is finished for the cache, any other is stopped (PX-09). */
const nearlyDone = 0.9;

export interface FlightHead {
  /** What the registry said. */
  readonly size: number | undefined;
}

/** Boarded by everybody who wants the blob, and left by each of them. */
export class Flight {
  /** Resolves when the registry has answered; undefined when there is no file, and so nothing to share. */
  readonly head: Promise<FlightHead | undefined>;
  readonly #plan: FlightPlan;
  readonly #stop = new AbortController();
  readonly #bell = new Bell();
  readonly #readers = new Set<Reader>();
  #alone: Blob | undefined;
  #blob: Blob | undefined;
  #spool: Spool | undefined;
  /** All of it was right. */
  #complete = false;
  /** Set at the end: whether the content lies in the cache. */
  #kept: boolean | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: FlightPlan) {
    this.#plan = plan;
    this.head = this.#begin();
    // Whoever waits for it gets the failure; nobody may be left when it comes.
    this.head.catch(() => undefined);
  }

  /** To be called before anything else is awaited, so that the flight knows for whom it flies. */
  board(position: number): Reader {
    const reader = { position };
    this.#readers.add(reader);
    return reader;
  }

  leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    this.#bell.ring();
    if (this.#readers.size > 0) return;
    if (this.#kept !== undefined) this.#tidy();
    else if (!this.#complete && !this.#isNearlyDone()) this.#abandon();
  }

  /** The answer of the registry, for the first one who asks, when nothing can be shared. */
  takeAlone(): Blob | undefined {
    const blob = this.#alone;
    this.#alone = undefined;
    return blob;
  }

  /** Reads everything; the last byte only after all of it was verified (BL-05). @throws what ended the transfer */
  async read(reader: Reader, onChunk: OnChunk, signal: AbortSignal): Promise<number> {
    return this.#listening(signal, async () => {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure.error;
        const limit = this.#readable();
        if (reader.position < limit) await this.#spool?.send(reader, limit, onChunk);
        else if (this.#complete) return reader.position;
        else await this.#bell.next();
      }
    });
  }

  /** Waits for the end: true when the content lies in the cache then. @throws what ended the transfer */
  async kept(signal: AbortSignal): Promise<boolean> {
    return this.#listening(signal, async () => {
      while (this.#kept === undefined) {
        signal.throwIfAborted();
        await this.#bell.next();
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      return this.#kept;
    });
  }

  async #listening<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const ring = (): void => this.#bell.ring();
    signal.addEventListener('abort', ring, { once: true });
    try {
      return await work();
    } finally {
      signal.removeEventListener('abort', ring);
    }
  }

  async #begin(): Promise<FlightHead | undefined> {
    const { fetch, receive, onClosed, patienceMs } = this.#plan;
    const { signal } = this.#stop;
    try {
      const blob = await fetch(signal);
      this.#blob = blob;
      const file = await receive(blob.size);
      if (file === undefined) {
        this.#alone = blob;
        this.#end(false);
        return undefined;
      }
      const options = { bell: this.#bell, readers: this.#readers, signal, patienceMs, onBroken: onClosed };
      this.#spool = new Spool(file, options);
      void this.#run(blob, file, this.#spool);
      return { size: blob.size };
    } catch (error) {
      this.#failure = { error };
      this.#end(false);
      throw error;
    }
  }

  async #run(blob: Blob, file: Incoming, spool: Spool): Promise<void> {
    let kept = false;
    try {
      // Everybody may have left while the file was made.
      this.#stop.signal.throwIfAborted();
      await blob.deliver((chunk) => spool.take(chunk));
      this.#complete = true;
      this.#bell.ring();
      if (await spool.flush()) {
        await this.#plan.onVerified();
        kept = await file.keep(spool.received);
      }
    } catch (error) {
      this.#failure = { error };
      // Whoever comes from now on starts anew (CA-06).
      this.#plan.onClosed();
      this.#bell.ring();
      blob.cancel();
      await spool.flush();
    }
    if (!kept) await file.discard();
    this.#end(kept);
  }

  #end(kept: boolean): void {
    this.#kept = kept;
    this.#plan.onClosed();
    this.#bell.ring();
    if (this.#readers.size === 0) this.#tidy();
  }

  /** Nobody reads any more, and nothing more comes. */
  #tidy(): void {
    this.#alone?.cancel();
    void this.#spool?.close();
    this.#spool = undefined;
  }

  /** Up to where may be read. The registry client withholds more, but no byte leaves on the word of another module. */
  #readable(): number {
    const received = this.#spool?.received ?? 0;
    return this.#complete ? received : Math.min(received, (this.#blob?.size ?? Infinity) - 1);
  }

  #isNearlyDone(): boolean {
    const size = this.#blob?.size;
    return size !== undefined && (this.#spool?.received ?? 0) >= size * nearlyDone;
  }

  #abandon(): void {
    const problem = 'nobody waits for it any more';
    this.#stop.abort(new DctError('CUT_OFF', { origin: 'the registry', problem }));
    this.#blob?.cancel();
    this.#plan.onClosed();
    this.#bell.ring();
  }
}
