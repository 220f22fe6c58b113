// From what this machine trusts to the newest root (TUF 5.2 and 5.3), or from nothing to a first root.
import { DctError, isDctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import { roleNames } from '../model/index.ts';
import type { FirstTrust } from '../types.ts';
import { acceptNextRoot, acceptRoot, type TrustedRoot } from './accept-root.ts';
import { checkNotOlder, sha256Hex } from './checks.ts';
import { isOutage, type Effects } from './effects.ts';
import type { Memory } from './memory.ts';
import type { Pin } from './pinning.ts';

export interface RootSearch {
  readonly gun: Gun;
  readonly now: number;
  readonly pin: Pin | undefined;
  readonly firstUse: 'accept' | 'refuse';
  readonly memory: Memory | undefined;
  readonly effects: Effects;
}

export interface FoundRoot {
  readonly root: TrustedRoot;
  readonly trusted: FirstTrust;
  readonly firstContact: boolean;
  /** Why the server could not be asked for a newer root, when it could not. */
  readonly outage: DctError | undefined;
}

/** @throws what `acceptRoot` throws, NO_TRUST_DATA, UNKNOWN_GUN, TRUST_STATE_MISSING, ROOT_GAP, ROLLBACK, LIMIT, … */
export async function findRoot(search: RootSearch): Promise<FoundRoot> {
  const { gun, memory } = search;
  const start = (await cachedRoot(search)) ?? (await rememberedRoot(search)) ?? (await firstRoot(search));
  const { root, outage } = start.firstContact
    ? { root: start.root, outage: undefined }
    : await walk(search, start.root);
  checkNotOlder(gun, 'root', root.data.version, root.bytes, [memory?.root]);
  const firstContact = start.firstContact && memory === undefined;
  return { root, outage, trusted: memory?.trusted ?? start.trusted, firstContact };
}

interface Start {
  readonly root: TrustedRoot;
  readonly trusted: FirstTrust;
  readonly firstContact: boolean;
}

/**
 * TUF 5.2: the root on disk, ours or Docker's. A damaged one is never replaced by trusting anew (RT-27). One that is newer
 * than what we remember has to be reached from there: another tool may have lost its cache and trusted anew (RT-28).
 */
async function cachedRoot(search: RootSearch): Promise<Start | undefined> {
  const bytes = await search.effects.cached(roleNames.root);
  if (bytes === undefined) return undefined;
  try {
    const root = await acceptRoot(bytes, search.gun, search.pin);
    const { memory, pin } = search;
    if (memory !== undefined && pin === undefined && root.data.version > memory.root.version)
      return undefined;
    return { root, trusted: trustedBy('cache', root, search.now), firstContact: false };
  } catch (error) {
    if (!isDctError(error, 'MALFORMED', 'KEY_ID_MISMATCH', 'THRESHOLD')) throw error;
    const { message: problem } = error;
    throw new DctError('CACHE_CORRUPT', { file: `the trust data of ${search.gun}`, problem }, error);
  }
}

/** The cache is gone, but the very root that was trusted can be told by its hash (RT-28). A pin vouches by itself. */
async function rememberedRoot(search: RootSearch): Promise<Start | undefined> {
  const { gun, memory, pin, now } = search;
  if (memory === undefined || pin !== undefined) return undefined;
  const { version, sha256 } = memory.root;
  const bytes = await search.effects.download({ role: roleNames.root, version }, limits.rootBytes);
  if (bytes === undefined || sha256Hex(bytes) !== sha256)
    throw new DctError('TRUST_STATE_MISSING', {
      gun,
      rootVersion: version,
      since: showInstant(memory.trusted.at),
    });
  const root = await acceptRoot(bytes, gun, undefined);
  return { root, trusted: trustedBy('cache', root, now), firstContact: false };
}

/** First contact: vouched for by a pin, or trusted because it came first (ADR 0009; RT-01, RT-02). */
async function firstRoot(search: RootSearch): Promise<Start> {
  const { gun, pin, now, firstUse } = search;
  const bytes = await search.effects.download({ role: roleNames.root }, limits.rootBytes);
  if (bytes === undefined)
    throw search.memory === undefined
      ? new DctError('NO_TRUST_DATA', { gun })
      : new DctError('TRUST_DATA_GONE', { gun, role: 'root' });
  const root = await acceptRoot(bytes, gun, pin);
  if (pin === undefined && firstUse === 'refuse')
    throw new DctError('UNKNOWN_GUN', { gun, rootKeys: [...root.keys.keys()].join(', ') });
  return { root, trusted: trustedBy(pin === undefined ? 'first-use' : 'pin', root, now), firstContact: true };
}

/** TUF 5.3.3 to 5.3.9: one version after the other, none left out, at most `limits.rootSteps` of them (RT-18 to RT-21). */
async function walk(
  { gun, pin, effects, memory }: RootSearch,
  start: TrustedRoot,
): Promise<{ readonly root: TrustedRoot; readonly outage: DctError | undefined }> {
  let root = start;
  for (let step = 0; step <= limits.rootSteps; step++) {
    // The chain leads through the root that we remember, not through another one of that version.
    if (root.data.version === memory?.root.version)
      checkNotOlder(gun, 'root', root.data.version, root.bytes, [memory.root]);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await effects.download(
        { role: roleNames.root, version: root.data.version + 1 },
        limits.rootBytes,
      );
    } catch (error) {
      if (isOutage(error)) return { root, outage: error };
      throw error;
    }
    if (bytes === undefined) return { root, outage: undefined };
    root = await acceptNextRoot(root, bytes, gun, pin);
  }
  throw new DctError('LIMIT', {
    what: `the root chain of ${gun}`,
    limit: 'rootSteps',
    bound: limits.rootSteps,
  });
}

function trustedBy(how: FirstTrust['how'], root: TrustedRoot, now: number): FirstTrust {
  return { at: now, how, rootKeys: [...root.keys.keys()] };
}
