// A blob read from the cache: hashed whole on its way unless exactly this file was hashed before (CA-03, ADR 0019).
import type { FileHandle } from 'node:fs/promises';
import { digestAlgorithm, digestOfHash, streamHash, type Digest } from '../base/digest.ts';
import { DctError } from '../base/errors.ts';
import { diskError } from '../disk/failure.ts';
import { giveBuffer, takeBuffer } from './buffers.ts';
import type { CacheCalls } from './calls.ts';

/** A part of a blob, in bytes; the end is not part of it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/** An open file. Whoever opened it reads it to its end even when it is evicted meanwhile (CA-07), and closes it. */
export interface OpenFile {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly handle: FileHandle;
  readonly calls: CacheCalls;
  /** True when this process hashed exactly this file before. */
  readonly trusted: boolean;
  /** Called when all of the file was hashed: it is what its name says, or it is not. */
  readonly judge: (right: boolean) => Promise<void>;
  /** Called when the system cannot close it, which takes nothing from what was read. */
  readonly onTrouble: (error: unknown) => void;
}

/** How much of the end is withheld while a file is hashed on its way (BL-05). */
const heldBytes = 64 * 1024;

/** Content of the cache, open for reading. */
export class CachedBlob {
  readonly digest: Digest;
  /** Of the file; proven only once the content was. */
  readonly size: number;
  readonly #file: OpenFile;
  #trusted: boolean;

  constructor(file: OpenFile) {
    this.digest = file.digest;
    this.size = file.size;
    this.#file = file;
    this.#trusted = file.trusted;
  }

  /**
   * Hands over the content in order, as `Blob.deliver` of the registry client does: chunks are valid until the promise that
   * `onChunk` returned resolves, and the last 64 KiB come only after all of it was right.
   * @throws CACHED_CONTENT_WRONG, DISK; what `onChunk` throws
   */
  async deliver(onChunk: OnChunk): Promise<number> {
    if (this.#trusted) await this.#pass({ start: 0, end: this.size }, onChunk);
    else await this.#passVerifying(onChunk);
    return this.size;
  }

  /** Hands over a part of the content; all of it is verified first if it was not before. @throws as `deliver` */
  async deliverSpan(span: Span, onChunk: OnChunk): Promise<void> {
    await this.verify();
    await this.#pass(span, onChunk);
  }

  /**
   * Makes sure that the content and so its size are right.
   * @param rest waited for after each piece of so many bytes
   * @throws CACHED_CONTENT_WRONG, DISK; what `rest` throws
   */
  async verify(rest?: (bytes: number) => void | Promise<void>): Promise<void> {
    if (!this.#trusted) await this.#passVerifying((chunk) => rest?.(chunk.byteLength));
  }

  /** Never rejects. */
  close(): Promise<void> {
    const { calls, handle, onTrouble } = this.#file;
    return calls.close(handle).catch(onTrouble);
  }

  async #passVerifying(onChunk: OnChunk): Promise<void> {
    const hash = streamHash(digestAlgorithm(this.digest));
    const held = Math.max(0, this.size - heldBytes);
    await this.#pass({ start: 0, end: held }, (chunk) => {
      hash.update(chunk);
      return onChunk(chunk);
    });
    const tail = new Uint8Array(this.size - held);
    let filled = 0;
    await this.#pass({ start: held, end: this.size }, (chunk) => {
      tail.set(chunk, filled);
      filled += chunk.byteLength;
    });
    const actual = digestOfHash(digestAlgorithm(this.digest), hash.update(tail).digest());
    if (actual !== this.digest) throw await this.#wrong();
    await this.#file.judge(true);
    this.#trusted = true;
    if (tail.byteLength > 0) await onChunk(tail);
  }

  /** Reads one piece ahead, so that disk and client work at the same time. */
  async #pass({ start, end }: Span, onChunk: OnChunk): Promise<void> {
    let [current, next] = [takeBuffer(), takeBuffer()];
    let reading = Promise.resolve(0);
    const readAhead = (into: Uint8Array, at: number): void => {
      reading = this.#read(into, at, end);
      // Looked at when its turn comes; until then its failure is nobody's.
      reading.catch(() => undefined);
    };
    try {
      if (start < end) readAhead(current, start);
      for (let at = start; at < end;) {
        const length = await reading;
        at += length;
        if (at < end) readAhead(next, at);
        await onChunk(current.subarray(0, length));
        [current, next] = [next, current];
      }
    } finally {
      // A read that is still under way would write into a buffer that somebody else has by then.
      await reading.catch(() => undefined);
      giveBuffer(current);
      giveBuffer(next);
    }
  }

  async #read(into: Uint8Array, at: number, end: number): Promise<number> {
    const { calls, handle, path } = this.#file;
    const wanted = into.subarray(0, Math.min(into.byteLength, end - at));
    const length = await calls.read(handle, wanted, at).catch((error: unknown) => {
      throw diskError(error, 'read', path);
    });
    // The file has become shorter than it was when it was opened.
    if (length === 0) throw await this.#wrong();
    return length;
  }

  async #wrong(): Promise<DctError> {
    await this.#file.judge(false);
    return new DctError('CACHED_CONTENT_WRONG', { file: this.#file.path, digest: this.digest });
  }
}
