// Content on its way into the cache: written to a file of its own, which gets the digest's name once all of it is verified.
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CacheCalls } from './calls.ts';
import { identityOf, type FileIdentity } from './identity.ts';

/**
 * One file being written. It can be read while it grows, and until `close` also after it got its name or was given up: the
 * open file outlives both. Errors are the system's own.
 */
export class IncomingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #calls: CacheCalls;

  constructor(path: string, handle: FileHandle, calls: CacheCalls) {
    this.#path = path;
    this.#handle = handle;
    this.#calls = calls;
  }

  static async create(path: string, calls: CacheCalls): Promise<IncomingFile> {
    return new IncomingFile(path, await calls.openNew(path), calls);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#calls.write(this.#handle, bytes, position);
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#calls.read(this.#handle, into, position);
  }

  /**
   * Gives the file its name: content first, then the name, then the directory, each made durable before the next (CA-01).
   * Answers what tells this file from any other.
   */
  async publish(name: string): Promise<FileIdentity> {
    await this.#calls.sync(this.#handle);
    await this.#calls.rename(this.#path, name);
    await this.#calls.syncDirectory(dirname(name));
    // Asked after the rename, which counts as a change of state.
    return identityOf(await this.#calls.stat(this.#handle));
  }

  /** Removes a file that did not get its name. What cannot be removed now is swept later. */
  async discard(): Promise<void> {
    await this.#calls.unlink(this.#path).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
