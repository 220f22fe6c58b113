// Hands a blob on while hashing it, and keeps its end back until the hash is right (the hold-back rule, BL-05).
import { digestAlgorithm, type Digest } from '../base/digest.ts';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ResponseBody } from '../base/ports.ts';
import type { BeginHash, StreamHash } from '../hashing/index.ts';
import type { Blob } from './types.ts';

type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/** How much of the end is normally withheld, in bytes. */
export const heldBytes = 64 * 1024;

export interface VerifiedBlobOptions {
  readonly digest: Digest;
  /** What the registry announced, if it did. */
  readonly size: number | undefined;
  /** Names the blob in errors. */
  readonly reference: string;
  readonly beginHash: BeginHash;
  /** The most bytes of a blob whose size was not announced. */
  readonly most?: number;
}

/** A blob over the body of an answer. */
export function verifiedBlob(
  body: ResponseBody,
  { digest, size, reference, beginHash, most = limits.blobBytes }: VerifiedBlobOptions,
): Blob {
  return {
    digest,
    size,
    deliver: async (onChunk) => {
      const hash = beginHash(digestAlgorithm(digest), size);
      try {
        return await new Verification({ digest, size, reference, most, hash, onChunk }).run(body);
      } finally {
        hash.abandon();
      }
    },
    cancel: () => body.cancel(),
  };
}

interface VerificationOptions extends Omit<Required<VerifiedBlobOptions>, 'beginHash'> {
  readonly hash: StreamHash;
  readonly onChunk: OnChunk;
}

class Verification {
  readonly #digest: Digest;
  readonly #size: number | undefined;
  readonly #reference: string;
  readonly #most: number;
  readonly #onChunk: OnChunk;
  readonly #hash: StreamHash;
  readonly #held: Uint8Array;
  #heldLength = 0;
  /** Bytes received. */
  #total = 0;

  constructor({ digest, size, reference, most, hash, onChunk }: VerificationOptions) {
    this.#digest = digest;
    this.#size = size;
    this.#reference = reference;
    this.#most = most;
    this.#onChunk = onChunk;
    this.#hash = hash;
    this.#held = new Uint8Array(Math.min(heldBytes, size ?? heldBytes));
  }

  async run(body: ResponseBody): Promise<number> {
    // An error thrown in here makes the body give its connection up, so an endless answer ends (BL-03).
    await body.deliver((chunk) => this.#take(chunk));
    if (this.#size !== undefined && this.#total !== this.#size) throw this.#wrongSize();
    const actual = await this.#hash.digest();
    if (actual !== this.#digest) throw this.#mismatch('digest', this.#digest, actual);
    if (this.#heldLength > 0) await this.#onChunk(this.#held.subarray(0, this.#heldLength));
    return this.#total;
  }

  #take(chunk: Uint8Array): void | Promise<void> {
    const before = this.#total;
    this.#total += chunk.byteLength;
    if (this.#total > (this.#size ?? this.#most)) throw this.#tooLong();
    // Elsewhere it may be hashed while it is passed on; the next one comes when both are done with this one.
    const hashed = this.#hash.update(chunk);
    const passed =
      this.#size === undefined ? this.#passUnmeasured(chunk) : this.#passMeasured(chunk, before, this.#size);
    return hashed === undefined ? passed : both(hashed, passed);
  }

  /** The end's place is known: everything before it is handed on as it came, without a copy. */
  #passMeasured(chunk: Uint8Array, before: number, size: number): void | Promise<void> {
    const free = Math.max(0, size - this.#held.byteLength - before);
    if (free >= chunk.byteLength) return this.#onChunk(chunk);
    this.#hold(chunk.subarray(free));
    if (free > 0) return this.#onChunk(chunk.subarray(0, free));
  }

  /** Any byte may be the last: what was held is handed on only when more has come. */
  #passUnmeasured(chunk: Uint8Array): void | Promise<void> {
    if (this.#heldLength + chunk.byteLength <= this.#held.byteLength) {
      this.#hold(chunk);
      return;
    }
    return this.#exchange(chunk);
  }

  async #exchange(chunk: Uint8Array): Promise<void> {
    if (this.#heldLength > 0) await this.#onChunk(this.#held.subarray(0, this.#heldLength));
    this.#heldLength = 0;
    const free = Math.max(0, chunk.byteLength - this.#held.byteLength);
    if (free > 0) await this.#onChunk(chunk.subarray(0, free));
    this.#hold(chunk.subarray(free));
  }

  #hold(bytes: Uint8Array): void {
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength += bytes.byteLength;
  }

  #tooLong(): DctError {
    if (this.#size !== undefined) return this.#wrongSize();
    return new DctError('LIMIT', { what: this.#reference, limit: 'blobBytes', bound: this.#most });
  }

  #wrongSize(): DctError {
    return this.#mismatch('size', String(this.#size), String(this.#total));
  }

  #mismatch(property: string, expected: string, actual: string): DctError {
    return new DctError('CONTENT_MISMATCH', { what: this.#reference, property, expected, actual });
  }
}

async function both(hashed: Promise<unknown>, passed: void | Promise<void>): Promise<void> {
  await Promise.all([hashed, passed]);
}
