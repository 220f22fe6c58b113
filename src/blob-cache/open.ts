// Opens the cache: its directory at once, what lies in it little by little afterwards (CA-07).
import { join } from 'node:path';
import { prepareDirectory } from './directory.ts';
import { DiskCache } from './disk-cache.ts';
import { incoming } from './layout.ts';
import { Ownership, sweepLeftovers } from './leftovers.ts';
import type { BlobCache, BlobCacheOptions } from './types.ts';
import { diskError } from '../disk/failure.ts';

/**
 * Opens or makes the cache in a directory, which other processes may use at the same time.
 * @throws DISK_UNSAFE when others could change it; DISK when nothing can be written there
 */
export async function openBlobCache(options: BlobCacheOptions): Promise<BlobCache> {
  const directory = join(options.directory, incoming);
  await prepareDirectory(options.directory);
  try {
    const ownership = await Ownership.claim(directory);
    await sweepLeftovers(directory, options.clock.now());
    const cache = new DiskCache(options, ownership);
    cache.start();
    return cache;
  } catch (error) {
    throw diskError(error, 'prepare', directory);
  }
}
