// What a verified timestamp leads to: snapshot, targets and delegations, each by the hashes in the one before (TUF 5.5, 5.6).
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readSnapshot, readTargets, roleNames, type RoleName, type Timestamp } from '../model/index.ts';
import type { Trusted, TrustedRepository } from '../types.ts';
import { loadDelegations } from './delegations.ts';
import type { FoundRoot } from './find-root.ts';
import type { Run } from './run.ts';

export interface Lead {
  readonly found: FoundRoot;
  readonly timestamp: Trusted<Timestamp>;
  /** Judges the delegations, and knows whether the server answers. */
  readonly run: Run;
  /** Judges snapshot and targets; another run than `run` only where these may have expired. */
  readonly content: Run;
  /** Delegations without which the repository is refused. */
  readonly indispensable: readonly RoleName[];
}

/** @throws the trust family; the transport family when nobody answered and no valid data is cached */
export async function followTimestamp(lead: Lead): Promise<TrustedRepository> {
  const { found, timestamp, run, content, indispensable } = lead;
  const snapshot = await content.file(
    roleNames.snapshot,
    timestamp.data.snapshot,
    limits.snapshotBytes,
    readSnapshot,
    content.authority('snapshot'),
  );
  content.checkRootInSnapshot(snapshot.data.meta.get(roleNames.root), found.root.bytes);
  const meta = snapshot.data.meta.get(roleNames.targets);
  if (meta === undefined) throw new DctError('ROLE_MISSING', { gun: run.gun, role: 'targets' });
  const targets = await content.file(
    roleNames.targets,
    meta,
    limits.targetsBytes,
    (envelope) => readTargets(envelope, roleNames.targets),
    content.authority('targets'),
  );
  const { delegations, unusable } = await loadDelegations(run, snapshot.data, targets.data, indispensable);

  const { bytes, data } = found.root;
  return {
    gun: run.gun,
    root: { bytes, data },
    timestamp,
    snapshot,
    targets,
    delegations,
    unusable,
    origin: run.outage === undefined ? 'server' : 'cache',
    outage: run.outage,
    confirmedAt: run.confirmedAt,
    trustedSince: found.trusted,
    firstContact: found.firstContact,
  };
}
