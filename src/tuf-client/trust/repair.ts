// Reading what pulls refuse, for those who sign it again: expired or under-signed targets roles, everything else as strict as ever.
import { isDctError } from '../../base/errors.ts';
import { roleNames, type RoleName } from '../model/index.ts';
import type { RepairableRepository, TrustedRepository } from '../types.ts';
import { checkRootNow } from './accept-root.ts';
import { checkNotExpired } from './checks.ts';
import { withBudget } from './effects.ts';
import { findRoot } from './find-root.ts';
import { followTimestamp } from './follow.ts';
import { Run } from './run.ts';
import type { UpdateInput } from './update.ts';

/** A time at which nothing has expired yet. */
const beforeAnyEnd = Number.NEGATIVE_INFINITY;

/**
 * The present state of a repository whose `targets` or delegations cannot be read any more because they have expired or
 * lack signatures (P-04, P-37). Root and timestamp are as current as for everybody, and every file is the one that the
 * timestamp leads to by hashes; the server has to answer. Nothing of it may be remembered, and nobody may pull by it.
 * @throws the trust family for every other fault; the transport family when the server does not answer
 */
export async function readForRepair(input: UpdateInput): Promise<RepairableRepository> {
  const { gun, now, memory } = input;
  const effects = withBudget(input.effects);
  const found = await findRoot({ ...input, effects });
  if (found.outage !== undefined) throw found.outage;
  checkRootNow(found.root, gun, now);
  const run = { gun, memory, effects, root: found.root.data, outage: undefined };
  const [strict, lenient] = [new Run({ ...run, now }), new Run({ ...run, now: beforeAnyEnd })];

  const timestamp = await strict.timestamp();
  if (strict.outage !== undefined) throw strict.outage;
  const repository = await followTimestamp({
    found,
    timestamp,
    run: strict,
    content: lenient,
    indispensable: [],
  });
  return { repository, faults: faultsOf(repository, now) };
}

/** What keeps everybody from reading the repository: its end, or lacking signatures. */
function faultsOf(
  { gun, snapshot, targets, unusable }: TrustedRepository,
  now: number,
): Map<RoleName, Error> {
  const faults = new Map<RoleName, Error>();
  for (const [role, { data }] of [
    [roleNames.snapshot, snapshot],
    [roleNames.targets, targets],
  ] as const)
    try {
      checkNotExpired(gun, role, data, now);
    } catch (error) {
      if (!isDctError(error, 'EXPIRED')) throw error;
      faults.set(role, error);
    }
  const releases = unusable.get(roleNames.releases);
  if (releases !== undefined) faults.set(roleNames.releases, releases);
  return faults;
}
