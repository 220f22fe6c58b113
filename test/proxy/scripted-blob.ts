// A blob that keeps the contract of the registry client's stream, over content that a test chooses.
import { createHash } from 'node:crypto';
import { digestAlgorithm, digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import type { Blob } from '../../src/registry/index.ts';

export interface BlobScript {
  readonly digest: Digest;
  /** What the registry announces. */
  readonly size: number | undefined;
  /** What it sends: pieces, and an error instead of more. */
  readonly pieces: readonly (Uint8Array | Error)[];
  /** Called before each piece is handed over; waits for what it returns. */
  readonly before?: (index: number) => void | Promise<void>;
}

/** Holds the last piece back until all of the content matched; hands every piece over in one buffer that it uses again. */
export class ScriptedBlob implements Blob {
  readonly digest: Digest;
  readonly size: number | undefined;
  readonly #script: BlobScript;
  readonly #cancelled: Promise<never>;
  #reject: (error: Error) => void = () => undefined;
  cancellations = 0;

  constructor(script: BlobScript) {
    this.digest = script.digest;
    this.size = script.size;
    this.#script = script;
    this.#cancelled = new Promise((_resolve, reject) => (this.#reject = reject));
    this.#cancelled.catch(() => undefined);
  }

  async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<number> {
    const hash = createHash(digestAlgorithm(this.digest));
    let length = 0;
    let held: Uint8Array | undefined;
    const handOver = async (piece: Uint8Array): Promise<void> => {
      const buffer = Uint8Array.from(piece);
      await onChunk(buffer);
      buffer.fill(0);
    };
    const mismatch = (property: string, expected: string, got: string): DctError =>
      new DctError('CONTENT_MISMATCH', { what: 'blob', property, expected, actual: got });
    for (const [index, piece] of this.#script.pieces.entries()) {
      await Promise.race([this.#script.before?.(index), this.#cancelled]);
      if (piece instanceof Error) throw piece;
      hash.update(piece);
      length += piece.byteLength;
      // What would complete the announced size is not handed over while there is more.
      if (this.size !== undefined && length > this.size) throw mismatch('size', String(this.size), 'more');
      if (held !== undefined) await handOver(held);
      held = piece;
    }
    const actual = `${digestAlgorithm(this.digest)}:${hash.digest('hex')}`;
    if (actual !== this.digest) throw mismatch('digest', this.digest, actual);
    if (this.size !== undefined && this.size !== length)
      throw mismatch('size', String(this.size), String(length));
    if (held !== undefined && held.byteLength > 0) await handOver(held);
    return length;
  }

  cancel(): void {
    this.cancellations++;
    this.#reject(new DctError('CUT_OFF', { origin: 'upstream', problem: 'cancelled' }));
  }
}

/** Content of `pieces` equal pieces, different at every place. */
export function content(pieces: number, pieceBytes = 1024): Buffer[] {
  return Array.from({ length: pieces }, (_, i) =>
    Buffer.from(Array.from({ length: pieceBytes }, (_unused, j) => (i * 31 + j * 7) % 251)),
  );
}

export function digestOfAll(
  pieces: readonly Uint8Array[],
  algorithm: 'sha256' | 'sha512' = 'sha256',
): Digest {
  return digestOf(Buffer.concat(pieces), algorithm);
}
