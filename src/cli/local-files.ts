// Files that the user names, and settings: read from the real file system, missing ones told apart from unreadable ones.
import { readFile as readDescriptor } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DctError } from '../base/errors.ts';
import type { LocalFiles } from './io.ts';

export const localFiles: LocalFiles = {
  read: (path) => {
    // Read as it was handed over: a socket, which is what Node gives its children, cannot be opened anew by this name.
    const descriptor = /^\/dev\/fd\/(\d+)$/.exec(path)?.[1];
    const read = descriptor === undefined ? () => readFile(path) : () => fromDescriptor(Number(descriptor));
    return unlessMissing(path, read);
  },
  list: async (path) => {
    const entries = await unlessMissing(path, () => readdir(path, { withFileTypes: true }));
    return (entries ?? [])
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  },
  access: async (path) => (await import('../disk/access.ts')).accessOf(path),
};

const fromDescriptor = promisify<number, Buffer>(readDescriptor);

async function unlessMissing<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EBADF') return undefined;
    throw new DctError('DISK', { file: path, operation: 'read', problem: code ?? message }, error);
  }
}
