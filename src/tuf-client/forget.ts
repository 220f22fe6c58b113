// Forgetting on purpose: what this machine has cached of a repository, and whom it trusts for it (RT-28).
import { isDctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { createLedger, createMetadataCache } from './cache/index.ts';
import { roleNames, type RoleName } from './model/index.ts';
import type { FirstTrust } from './types.ts';

/** What is here of one repository. */
export interface KnownTrust {
  /** Roles with cached metadata, sorted. */
  readonly cached: readonly RoleName[];
  /** How trust began; undefined when nothing was remembered, `damaged` when nobody can read it any more. */
  readonly trusted: FirstTrust | 'damaged' | undefined;
}

/** `files` is rooted at the trust directory. @throws DISK, DISK_UNSAFE */
export async function knownTrust(files: Files, gun: Gun): Promise<KnownTrust> {
  const cached = await createMetadataCache(files).roles(gun);
  try {
    return { cached, trusted: (await createLedger(files).read(gun))?.trusted };
  } catch (error) {
    if (!isDctError(error, 'CACHE_CORRUPT')) throw error;
    return { cached, trusted: 'damaged' };
  }
}

/**
 * Removes what is cached, but for the root; with `root` that too, and what is remembered of versions, so that the next
 * contact is a first one. The ledger goes last: until then nothing is trusted anew. Answers the roles that are gone.
 * @throws DISK, DISK_UNSAFE
 */
export async function forgetTrust(
  files: Files,
  gun: Gun,
  { root }: { readonly root: boolean },
): Promise<readonly RoleName[]> {
  const cache = createMetadataCache(files);
  const forgotten = (await cache.roles(gun)).filter((role) => root || role !== roleNames.root);
  for (const role of forgotten) await cache.remove(gun, role);
  if (root) await createLedger(files).remove(gun);
  return forgotten;
}
