// A blob that is being received: its newest part in memory, all of it in a file, and readers at different places of both.
import { giveBuffer, takeBuffer, type Incoming } from '../../blob-cache/index.ts';
import { DctError } from '../../base/errors.ts';
import type { Bell } from './bell.ts';
import { Window, type Piece } from './window.ts';

export type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/** How far somebody has read. Infinity for those who wait for the end only: nobody waits for them. */
export interface Reader {
  position: number;
}

export interface SpoolOptions {
  /** Rung whenever something changed that somebody may wait for. */
  readonly bell: Bell;
  readonly readers: ReadonlySet<Reader>;
  /** Ends the waiting in here. */
  readonly signal: AbortSignal;
  /** How long the fastest reader may stand still before it is no longer waited for, in milliseconds. */
  readonly patienceMs: number;
  /** Called once, when the file takes no more. */
  readonly onBroken: () => void;
}

/** Pieces in memory before the transfer waits for the file and for the fastest reader. */
const piecesInMemory = 4;

/**
 * Goes as fast as its fastest reader, and without waiting for one that stands still: others read what left memory from the
 * file. Only where the disk refuses to take more, everybody who is there is waited for (CA-02).
 */
export class Spool {
  readonly #file: Incoming;
  readonly #options: SpoolOptions;
  readonly #window = new Window();
  #received = 0;
  /** Bytes in the file, without holes. */
  #written = 0;
  #writing = Promise.resolve();
  #broken = false;
  #impatient = false;

  constructor(file: Incoming, options: SpoolOptions) {
    this.#file = file;
    this.#options = options;
  }

  get received(): number {
    return this.#received;
  }

  /** Takes the next piece of the content; it is copied, so that the registry's connection can go on. */
  take(chunk: Uint8Array): void | Promise<void> {
    const piece = this.#window.newest;
    if (piece === undefined || piece.isFull) return this.#takeRest(chunk);
    const taken = this.#fill(piece, chunk);
    if (taken < chunk.byteLength) return this.#takeRest(chunk.subarray(taken));
  }

  /** Resolves once nothing is being written any more; true when all that was taken is in the file. */
  async flush(): Promise<boolean> {
    const last = this.#window.newest;
    if (last !== undefined && last.end > this.#written && !last.isFull) this.#write(last);
    await this.#writing;
    return !this.#broken;
  }

  /** Hands a reader what comes next, not beyond `limit`. */
  async send(reader: Reader, limit: number, onChunk: OnChunk): Promise<void> {
    const piece = this.#window.at(reader.position);
    if (piece === undefined) await this.#sendFromFile(reader, limit, onChunk);
    else await sendFrom(piece, reader, limit, onChunk);
    this.#options.bell.ring();
  }

  /** Nobody reads any more. */
  async close(): Promise<void> {
    this.#window.clear();
    await this.#file.close();
  }

  async #takeRest(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.byteLength;) {
      await this.#makeRoom();
      taken += this.#fill(this.#window.add(this.#received), chunk.subarray(taken));
    }
  }

  #fill(piece: Piece, bytes: Uint8Array): number {
    const taken = piece.fill(bytes);
    this.#received += taken;
    if (piece.isFull) this.#write(piece);
    this.#options.bell.ring();
    return taken;
  }

  /** One write after the other, so that what is in the file has no holes. */
  #write(piece: Piece): void {
    const { start, end } = piece;
    const bytes = piece.hold(start, end);
    this.#writing = this.#writing.then(async () => {
      try {
        if (this.#broken) return;
        await this.#file.write(bytes, start);
        this.#written = end;
      } catch {
        // Reported by the cache. Who is here is served to the end; who comes now had better ask anew.
        this.#broken = true;
        this.#options.onBroken();
      } finally {
        piece.release();
        this.#options.bell.ring();
      }
    });
  }

  async #makeRoom(): Promise<void> {
    const { bell, patienceMs, signal } = this.#options;
    const onTooLong = (): void => {
      this.#impatient = true;
      bell.ring();
    };
    let patience: NodeJS.Timeout | undefined;
    try {
      for (let { oldest } = this.#window; oldest !== undefined; { oldest } = this.#window) {
        if (this.#isSpent(oldest.end)) this.#window.dropOldest();
        else if (this.#window.size < piecesInMemory) return;
        else {
          patience ??= setTimeout(onTooLong, patienceMs);
          await bell.next();
          signal.throwIfAborted();
        }
      }
    } finally {
      clearTimeout(patience);
    }
  }

  /** True when memory need not hold what ends at `end`. */
  #isSpent(end: number): boolean {
    const readers = [...this.#options.readers];
    const isBehind = ({ position }: Reader): boolean => position < end;
    if (!readers.some(isBehind)) return this.#written >= end || this.#broken;
    if (this.#broken || this.#written < end || this.#window.size < piecesInMemory) return false;
    if (readers.every(isBehind)) return this.#impatient;
    this.#impatient = false;
    return true;
  }

  async #sendFromFile(reader: Reader, limit: number, onChunk: OnChunk): Promise<void> {
    const end = Math.min(limit, this.#window.oldest?.start ?? this.#written);
    const buffer = takeBuffer();
    try {
      const wanted = buffer.subarray(0, Math.min(buffer.byteLength, end - reader.position));
      const length = await this.#file.read(wanted, reader.position);
      if (length === 0) throw new DctError('BUG', { problem: 'a file became shorter while it was received' });
      await onChunk(wanted.subarray(0, length));
      reader.position += length;
    } finally {
      giveBuffer(buffer);
    }
  }
}

async function sendFrom(piece: Piece, reader: Reader, limit: number, onChunk: OnChunk): Promise<void> {
  const bytes = piece.hold(reader.position, Math.min(piece.end, limit));
  try {
    await onChunk(bytes);
    reader.position += bytes.byteLength;
  } finally {
    piece.release();
  }
}
