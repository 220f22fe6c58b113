// Keeps the cache within its size: the entries that were not used for longest go first (CA-07).
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { isDctError } from '../base/errors.ts';
import { withLock } from '../disk/lock.ts';
import type { CacheCalls } from './calls.ts';
import { scan, type Inventory } from './inventory.ts';
import { blobs, fileOf, seen } from './layout.ts';

/** After an eviction this share of the size is in use, so that not every new entry needs another one. */
const lowShare = 0.9;

export interface EvictionOptions {
  readonly root: string;
  readonly maxBytes: number;
  readonly calls: CacheCalls;
  readonly now: () => number;
  /** Called for every entry that was removed. */
  readonly onRemoved: () => void;
}

/**
 * Looks at the directory again, because other processes add and remove entries too, and removes what is too much. One
 * process at a time does that for a directory; the others leave it to that one (CA-10). Entries that are being read go on
 * being readable.
 * @throws what the system says of the first entry that cannot be removed, after all others
 */
export async function evict(inventory: Inventory, options: EvictionOptions): Promise<void> {
  const { root, now } = options;
  const work = async (): Promise<void> => {
    const startedAt = now();
    inventory.adopt(await scan(root), startedAt);
    await removeOldest(inventory, options);
  };
  try {
    await withLock(join(root, 'evicting.lock'), work, { waitMs: 0 });
  } catch (error) {
    if (!isDctError(error, 'LOCKED')) throw error;
  }
}

async function removeOldest(
  inventory: Inventory,
  { root, maxBytes, calls, onRemoved }: EvictionOptions,
): Promise<void> {
  if (inventory.bytes <= maxBytes) return;
  let failure: { readonly error: unknown } | undefined;
  for (const digest of [...inventory.digests()]) {
    if (inventory.bytes <= maxBytes * lowShare) break;
    try {
      await removeEntry(root, digest, calls);
    } catch (error) {
      // One that cannot be removed must not keep all the others, or the cache would grow for ever.
      failure ??= { error };
      continue;
    }
    inventory.remove(digest);
    onRemoved();
  }
  if (failure !== undefined) throw failure.error;
}

/** Removes content and what is known about it; what is not there is no failure. */
export async function removeEntry(root: string, digest: Digest, calls: CacheCalls): Promise<void> {
  await calls.unlink(fileOf(root, blobs, digest)).catch(unlessMissing);
  await calls.unlink(fileOf(root, seen, digest)).catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
