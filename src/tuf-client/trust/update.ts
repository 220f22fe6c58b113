// The client workflow: root, timestamp, snapshot, targets, delegations (TUF 5), in one pass, with one time and no side effects.
import { isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import { roleNames } from '../model/index.ts';
import type { TrustedRepository } from '../types.ts';
import { checkRootNow, type TrustedRoot } from './accept-root.ts';
import { isOutage, withBudget, withoutServer, type Effects } from './effects.ts';
import { findRoot } from './find-root.ts';
import { followTimestamp } from './follow.ts';
import { remember, type Memory } from './memory.ts';
import type { Pin } from './pinning.ts';
import { Run } from './run.ts';

export interface UpdateInput {
  readonly gun: Gun;
  /** Read once, when the update begins (TUF 5.1). Milliseconds since the epoch. */
  readonly now: number;
  readonly pin: Pin | undefined;
  /** What to do about a GUN that this machine has never seen and nobody pinned. */
  readonly firstUse: 'accept' | 'refuse';
  readonly memory: Memory | undefined;
  readonly effects: Effects;
}

export interface UpdateOutcome {
  readonly repository: TrustedRepository;
  /** To be remembered from now on. */
  readonly memory: Memory;
}

/**
 * Verifies all trust data of a GUN. Nothing is stored here: the caller stores the outcome as a whole, so a refused update
 * leaves everything as it was (ADR 0011, CVE-2025-2888).
 * @throws the trust family; the transport family when nobody answered and no valid data is cached
 */
export async function update(input: UpdateInput): Promise<UpdateOutcome> {
  try {
    return await attempt(input);
  } catch (error) {
    if (!isOutage(error)) throw error;
    // The server went away in between: all of it from the cache, or nothing. What was downloaded so far is not mixed in.
    return attempt({ ...input, effects: withoutServer(input.effects, error) });
  }
}

async function attempt(input: UpdateInput, isAgain = false): Promise<UpdateOutcome> {
  const { gun, now, memory } = input;
  const effects = withBudget(input.effects);
  const found = await findRoot({ ...input, effects });
  checkRootNow(found.root, gun, now);
  try {
    const run = new Run({ gun, now, memory, effects, root: found.root.data, outage: found.outage });
    const timestamp = await run.timestamp();
    const indispensable = [roleNames.releases];
    const repository = await followTimestamp({ found, timestamp, run, content: run, indispensable });
    return { repository, memory: remember(repository, memory) };
  } catch (error) {
    if (isAgain || !isDctError(error, 'THRESHOLD') || !(await isReplaced(found.root, effects))) throw error;
    return attempt(input, true);
  }
}

/**
 * Whether a newer root is there than the one that an update found. Somebody may have replaced a key between the download of
 * the root and that of what the key signs, which is then judged once more, by the newer root (MM-05).
 */
async function isReplaced(root: TrustedRoot, effects: Effects): Promise<boolean> {
  const next = { role: roleNames.root, version: root.data.version + 1 };
  try {
    return (await effects.download(next, limits.rootBytes)) !== undefined;
  } catch (error) {
    // What was refused stays refused, for its own reason.
    if (isDctError(error)) return false;
    throw error;
  }
}
