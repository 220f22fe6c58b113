// Files that the user names, and settings: read from the real file system, missing ones told apart from unreadable ones.
import { readFile, readdir } from 'node:fs/promises';
import { DctError } from '../base/errors.ts';
import type { LocalFiles } from './io.ts';

export const localFiles: LocalFiles = {
  read: (path) => unlessMissing(path, () => readFile(path)),
  list: async (path) => {
    const entries = await unlessMissing(path, () => readdir(path, { withFileTypes: true }));
    return (entries ?? [])
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  },
  access: async (path) => (await import('../disk/access.ts')).accessOf(path),
};

async function unlessMissing<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new DctError('DISK', { file: path, operation: 'read', problem: code ?? message }, error);
  }
}
