// Temporary files of processes that were killed: nobody reads them, and nobody but their owner should delete them.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporaryName } from './atomic.ts';
import { diskError, systemCode } from './failure.ts';

/** Absolute paths, sorted, of all of them below a directory; none where there is no directory. @throws DISK */
export async function leftoversBelow(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && isTemporaryName(entry.name));
    return names.map((entry) => join(entry.parentPath, entry.name)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw diskError(error, 'list', directory);
  }
}
