// Content in memory, in the pieces in which it came: gone when the sandbox stops.
import type { Hash } from 'node:crypto';
import { digestAlgorithm, digestOfHash, streamHash, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { BlobStorage, BlobUpload, ByteRange } from './blob-storage.ts';

interface Content {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

/**
 * @param bound the most bytes to hold, finished or not; an upload that needs more fails with SANDBOX_FULL
 */
export function memoryBlobs(bound: number = limits.sandboxMemoryBytes): BlobStorage {
  const contents = new Map<Digest, Content>();
  let held = 0;

  const keep = (digest: Digest, content: Content): void => {
    held -= contents.get(digest)?.size ?? 0;
    contents.set(digest, content);
  };

  const reserve = (bytes: number): void => {
    if (held + bytes > bound) throw new DctError('SANDBOX_FULL', { bound });
    held += bytes;
  };

  return {
    size: (digest) => Promise.resolve(contents.get(digest)?.size),
    open: (digest, range) => piecesOf(() => slices(digest, contents.get(digest), range)),
    delete: (digest) => {
      held -= contents.get(digest)?.size ?? 0;
      contents.delete(digest);
      return Promise.resolve();
    },
    begin: () => Promise.resolve(new MemoryUpload({ keep, reserve, release: (bytes) => (held -= bytes) })),
  };
}

/** Begins when the first piece is asked for, as reading a file does; that there is no such content shows no earlier. */
function piecesOf(pieces: () => Iterator<Uint8Array, void>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = pieces();
      return { next: () => new Promise((resolve) => resolve(iterator.next())) };
    },
  };
}

function* slices(
  digest: Digest,
  content: Content | undefined,
  range?: ByteRange,
): Generator<Uint8Array, void> {
  if (content === undefined) throw new DctError('BLOB_UNKNOWN', { reference: digest });
  const { start, end } = range ?? { start: 0, end: content.size };
  let offset = 0;
  for (const chunk of content.chunks) {
    const next = offset + chunk.byteLength;
    if (next > start && offset < end)
      yield chunk.subarray(Math.max(0, start - offset), Math.min(chunk.byteLength, end - offset));
    offset = next;
  }
}

interface Memory {
  keep(digest: Digest, content: Content): void;
  /** @throws SANDBOX_FULL */
  reserve(bytes: number): void;
  release(bytes: number): void;
}

class MemoryUpload implements BlobUpload {
  size = 0;
  readonly #memory: Memory;
  readonly #chunks: Uint8Array[] = [];
  /** Nearly every client names content by sha256, so that hash is ready when the last byte is here. */
  readonly #hash: Hash = streamHash('sha256');

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  append(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#take(chunk);
      resolve();
    });
  }

  async finish(digest: Digest): Promise<boolean> {
    const matches = this.#digest(digest) === digest;
    if (matches) this.#memory.keep(digest, { chunks: [...this.#chunks], size: this.size });
    else await this.abandon();
    return matches;
  }

  abandon(): Promise<void> {
    this.#memory.release(this.size);
    this.#chunks.length = 0;
    this.size = 0;
    return Promise.resolve();
  }

  #take(chunk: Uint8Array): void {
    this.#memory.reserve(chunk.byteLength);
    this.#chunks.push(chunk);
    this.#hash.update(chunk);
    this.size += chunk.byteLength;
  }

  #digest(wanted: Digest): Digest {
    const algorithm = digestAlgorithm(wanted);
    if (algorithm === 'sha256') return digestOfHash(algorithm, this.#hash.digest());
    const hash = streamHash(algorithm);
    for (const chunk of this.#chunks) hash.update(chunk);
    return digestOfHash(algorithm, hash.digest());
  }
}
