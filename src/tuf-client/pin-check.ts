// Pins against what is trusted already: which keys count, and which cached roots new pins would refuse.
import { isDctError, type DctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import { makeGun, type Gun } from '../base/reference.ts';
import { createMetadataCache } from './cache/index.ts';
import { roleNames, type KeyId } from './model/index.ts';
import { acceptRoot, pinFor, type Pin } from './trust/index.ts';

/**
 * The TUF ids of the root keys that count under these pins. A root may list others besides.
 * @throws what accepting a root throws
 */
export async function countingRootKeys(
  gun: Gun,
  root: Uint8Array,
  pins: readonly Pin[],
): Promise<readonly KeyId[]> {
  return [...(await acceptRoot(root, gun, pinFor(gun, pins))).keys.keys()];
}

/**
 * What each of the cached roots that this pin decides about would be refused for, if `pins` were in force. `files` is
 * rooted at the trust directory. Nobody is asked; roots that are refused for another reason are none of its business.
 * @throws DISK, DISK_UNSAFE
 */
export async function contradictedRoots(
  files: Files,
  pins: readonly Pin[],
  pin: Pin,
): Promise<readonly DctError[]> {
  const cache = createMetadataCache(files);
  const refusals: DctError[] = [];
  for (const gun of (await files.list('tuf')).flatMap(gunOfRoot)) {
    if (pinFor(gun, pins) !== pin) continue;
    const root = await cache.read(gun, roleNames.root);
    if (root === undefined) continue;
    try {
      await acceptRoot(root, gun, pin);
    } catch (error) {
      if (isDctError(error, 'PIN_MISMATCH', 'THRESHOLD')) refusals.push(error);
      else if (!isDctError(error) || error.family !== 'trust') throw error;
    }
  }
  return refusals;
}

/** The GUN of a path below `tuf` that ends in `metadata/root.json`, in Docker's layout. */
function gunOfRoot(path: string): readonly Gun[] {
  const [, host = '', repository = ''] = /^([^/]+)\/(.+)\/metadata\/root\.json$/.exec(path) ?? [];
  try {
    return [makeGun(host, repository)];
  } catch (error) {
    // Docker keeps names there that are too long for dct.
    if (isDctError(error, 'GUN_INVALID')) return [];
    throw error;
  }
}
