// An upload into a temporary file, hashed while it is written.
import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { digestAlgorithm, digestOfHash, streamHash, type Digest } from '../../base/digest.ts';
import type { WriteCalls } from '../../disk/atomic.ts';
import { diskError } from '../../disk/failure.ts';
import type { BlobUpload } from './blob-storage.ts';
import { readPieces } from './read-pieces.ts';

export interface FileUploadOptions {
  readonly calls: WriteCalls;
  /** Moves the file to its place under the digest, once it is whole and synced. */
  readonly publish: (digest: Digest) => Promise<void>;
}

export class FileUpload implements BlobUpload {
  size = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #options: FileUploadOptions;
  /** Nearly every client names content by sha256, so that hash is ready when the last byte is here. */
  readonly #hash: Hash = streamHash('sha256');

  /** @param path of the temporary file that `handle` writes to */
  constructor(path: string, handle: FileHandle, options: FileUploadOptions) {
    this.#path = path;
    this.#handle = handle;
    this.#options = options;
  }

  async append(chunk: Uint8Array): Promise<void> {
    // At a place of its own: what a failed write may have left behind the end is written over by the next one.
    let written = 0;
    while (written < chunk.byteLength) {
      const { bytesWritten } = await this.#handle
        .write(chunk, written, chunk.byteLength - written, this.size + written)
        .catch((error: unknown) => {
          throw diskError(error, 'write', this.#path);
        });
      written += bytesWritten;
    }
    this.#hash.update(chunk);
    this.size += chunk.byteLength;
  }

  async finish(digest: Digest): Promise<boolean> {
    let matches = false;
    try {
      matches = (await this.#digest(digest)) === digest;
      if (matches) {
        await this.#handle.truncate(this.size);
        await this.#options.calls.sync(this.#handle);
        await this.#options.publish(digest);
      }
    } catch (error) {
      // Why it could not be stored matters more than a leftover, which the next start removes.
      await this.abandon().catch(() => undefined);
      throw diskError(error, 'store', this.#path);
    }
    if (matches) await this.#handle.close();
    else await this.abandon();
    return matches;
  }

  async abandon(): Promise<void> {
    try {
      await this.#handle.close();
      await this.#options.calls.unlink(this.#path);
    } catch (error) {
      throw diskError(error, 'remove', this.#path);
    }
  }

  async #digest(wanted: Digest): Promise<Digest> {
    const algorithm = digestAlgorithm(wanted);
    if (algorithm === 'sha256') return digestOfHash(algorithm, this.#hash.digest());
    const hash = streamHash(algorithm);
    for await (const piece of readPieces(this.#path, { start: 0, end: this.size })) hash.update(piece);
    return digestOfHash(algorithm, hash.digest());
  }
}
