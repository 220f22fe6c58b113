// What the cache asks of the operating system, one call each, so that tests can make any of them fail.
import { constants, type BigIntStats } from 'node:fs';
import { open, rename, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { openNew, syncDirectory } from '../disk/atomic.ts';

export interface CacheCalls {
  /** Opens a file that must not exist yet, for writing and reading. */
  openNew(path: string): Promise<FileHandle>;
  /** Opens a file for reading: never through a link, and never waiting for whoever writes into a pipe (CA-04). */
  openRead(path: string): Promise<FileHandle>;
  /** Writes all of `bytes` at `position`. */
  write(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void>;
  /** Answers how many bytes came; 0 at the end of the file. */
  read(handle: FileHandle, into: Uint8Array, position: number): Promise<number>;
  stat(handle: FileHandle): Promise<BigIntStats>;
  close(handle: FileHandle): Promise<void>;
  sync(handle: FileHandle): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Sets the time of the last change, in milliseconds since the epoch. */
  touch(path: string, at: number): Promise<void>;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

export const systemCalls: CacheCalls = {
  openNew: (path) => openNew(path, O_RDWR),
  openRead: (path) => open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
  write: async (handle, bytes, position) => {
    for (let done = 0; done < bytes.byteLength;) {
      const left = bytes.byteLength - done;
      const { bytesWritten } = await handle.write(bytes, done, left, position + done);
      if (bytesWritten === 0) throw new Error('the system writes nothing, and says nothing of it');
      done += bytesWritten;
    }
  },
  read: async (handle, into, position) => (await handle.read(into, 0, into.byteLength, position)).bytesRead,
  stat: (handle) => handle.stat({ bigint: true }),
  close: (handle) => handle.close(),
  sync: (handle) => handle.sync(),
  rename,
  unlink,
  syncDirectory,
  touch: (path, at) => utimes(path, at / 1000, at / 1000),
};
