// Who may touch a file or directory, as far as the file system tells (KS-06).
import { stat } from 'node:fs/promises';
import type { FileAccess } from '../base/ports.ts';
import { diskError, systemCode } from './failure.ts';

/** Undefined for what is neither file nor directory, such as a pipe, and for what is not there. @throws DISK */
export async function accessOf(path: string): Promise<FileAccess | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) return undefined;
    return { mode: found.mode & 0o777, mine: found.uid === process.getuid?.() };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw diskError(error, 'look at', path);
  }
}
