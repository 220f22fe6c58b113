// The cache's directory: made for one user alone, and refused when others may write into it (CA-11).
import { stat } from 'node:fs/promises';
import { diskError, unsafe } from '../disk/failure.ts';
import { makeDirectories, makeRoot } from '../disk/path.ts';
import { blobs, incoming, seen } from './layout.ts';

/** @throws DISK_UNSAFE when others could change the cache; DISK when it cannot be made */
export async function prepareDirectory(root: string): Promise<void> {
  try {
    await makeRoot(root);
    const found = await stat(root);
    if (found.uid !== process.getuid?.()) throw unsafe(root, 'it belongs to another user');
    if ((found.mode & 0o002) !== 0) throw unsafe(root, 'everybody may write into it');
    for (const part of [blobs, seen, incoming]) await makeDirectories(root, [part]);
  } catch (error) {
    throw diskError(error, 'prepare', root);
  }
}
