// The `Files` port over the real file system: crash-safe writes, and reads that no link can lead elsewhere.
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import {
  createFile,
  isTemporaryName,
  replaceFile,
  syncDirectory,
  systemCalls,
  type WriteCalls,
} from './atomic.ts';
import { diskError, systemCode } from './failure.ts';
import { directoriesExist, isRegularFile, makeDirectories, partsOf } from './path.ts';
import { readRegular } from './read.ts';

/**
 * Files below `root`, an absolute path that need not exist yet; what is made is for its owner only, unless told otherwise.
 * Every method throws DISK for what the system refuses and DISK_UNSAFE for symbolic links, special files and paths that
 * lead out of `root` (NM-07).
 */
export function openDirectory(root: string, calls: WriteCalls = systemCalls, directoryMode?: number): Files {
  const locate = (path: string): string => join(root, path);

  const doing = async <T>(operation: string, path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, operation, locate(path));
    }
  };

  const prepare = async (path: string): Promise<string> => {
    await makeDirectories(root, partsOf(path, root).slice(0, -1), directoryMode);
    return locate(path);
  };

  return {
    locate,

    read: (path) =>
      doing('read', path, async () => {
        if (!(await directoriesExist(root, partsOf(path, root).slice(0, -1)))) return undefined;
        return (await isRegularFile(locate(path))) ? await readRegular(locate(path)) : undefined;
      }),

    write: (path, bytes) =>
      doing('write', path, async () => {
        const file = await prepare(path);
        await isRegularFile(file);
        await replaceFile(file, bytes, calls);
      }),

    create: (path, bytes) =>
      doing('create', path, async () => {
        const file = await prepare(path);
        await createFile(file, bytes, calls).catch((error: unknown) => {
          throw systemCode(error) === 'EEXIST' ? new DctError('KEY_EXISTS', { file }) : error;
        });
      }),

    list: (path) =>
      doing('list', path, async () => {
        const exists = await directoriesExist(root, partsOf(path, root));
        return exists ? (await namesBelow(locate(path), '')).sort() : [];
      }),

    remove: (path) =>
      doing('remove', path, async () => {
        const parents = partsOf(path, root).slice(0, -1);
        if (!(await directoriesExist(root, parents)) || !(await isRegularFile(locate(path)))) return;
        await unlink(locate(path));
        await syncDirectory(join(root, ...parents));
      }),
  };
}

/** Links and special files are listed, so that reading them fails loudly, but never followed. */
async function namesBelow(directory: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory())
      names.push(...(await namesBelow(join(directory, entry.name), `${prefix}${entry.name}/`)));
    else if (!isTemporaryName(entry.name)) names.push(prefix + entry.name);
  }
  return names;
}
