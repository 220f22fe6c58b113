// Content in a directory, one file each: written under a temporary name, synced, renamed, so that a file under a digest is whole.
import { randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestAlgorithm, digestHex, type Digest } from '../../base/digest.ts';
import { systemCalls, type WriteCalls } from '../../disk/atomic.ts';
import { diskError, systemCode } from '../../disk/failure.ts';
import { makeDirectories, makeRoot } from '../../disk/path.ts';
import type { BlobStorage } from './blob-storage.ts';
import { FileUpload } from './file-upload.ts';
import { readPieces } from './read-pieces.ts';

const uploadsFolder = 'uploads';

/**
 * Content below `directory`, an absolute path that need not exist yet and that one process at a time may use: uploads
 * that another run left behind are removed.
 * @throws DISK, DISK_UNSAFE, like every method of what it answers
 */
export async function directoryBlobs(
  directory: string,
  calls: WriteCalls = systemCalls,
): Promise<BlobStorage> {
  const partsOf = (digest: Digest): readonly string[] => {
    const hex = digestHex(digest);
    return [digestAlgorithm(digest), hex.slice(0, 2), hex];
  };
  const fileOf = (digest: Digest): string => join(directory, ...partsOf(digest));
  const uploads = join(directory, uploadsFolder);

  await doing('prepare', uploads, async () => {
    await makeRoot(directory);
    await makeDirectories(directory, [uploadsFolder]);
    for (const name of await readdir(uploads)) await unlink(join(uploads, name));
  });

  return {
    size: (digest) =>
      doing('look at', fileOf(digest), async () => {
        const found = await lstat(fileOf(digest)).catch(unlessMissing);
        return found?.isFile() === true ? found.size : undefined;
      }),

    open: (digest, range) => readPieces(fileOf(digest), range),

    delete: (digest) =>
      doing('remove', fileOf(digest), async () => {
        await unlink(fileOf(digest)).catch(unlessMissing);
      }),

    begin: () => {
      const temporary = join(uploads, randomBytes(16).toString('hex'));
      return doing('create', temporary, async () => {
        const handle = await calls.openNew(temporary);
        const publish = async (digest: Digest): Promise<void> => {
          await makeDirectories(directory, partsOf(digest).slice(0, -1));
          // Onto a file that is already there, too: the content is the same, and one that was damaged is healed.
          await calls.rename(temporary, fileOf(digest));
          await calls.syncDirectory(dirname(fileOf(digest)));
        };
        return new FileUpload(temporary, handle, { calls, publish });
      });
    },
  };
}

async function doing<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, operation, path);
  }
}

function unlessMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
