// Loading the delegations that targets metadata declares, depth first (TUF 5.6.7, dialect 8.2).
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readTargets } from '../model/index.ts';
import type { Common, Delegation, Envelope, FileMeta, RoleName, Snapshot, Targets } from '../model/index.ts';
import type { Trusted } from '../types.ts';
import { authorityOf, type Authority } from './checks.ts';

/** What loading needs of an update under way. */
interface Source {
  readonly gun: string;
  file<T extends Common>(
    role: RoleName,
    meta: FileMeta,
    maxBytes: number,
    read: (envelope: Envelope) => T,
    authority: Authority,
  ): Promise<Trusted<T>>;
  wasPublished(role: RoleName, authority: Authority, read: (envelope: Envelope) => Common): Promise<boolean>;
}

interface Loaded {
  readonly delegations: Map<RoleName, Trusted<Targets>>;
  readonly unusable: Map<RoleName, Error>;
}

interface Loading extends Loaded {
  /** Roles that have to be usable. */
  readonly indispensable: readonly RoleName[];
  /** Delegations that were looked at, published or not: each of a thousand files may declare a thousand (DG-12). */
  count: number;
}

/**
 * Loads every declared delegation that has been published. One that is expired or under-signed is left out with its
 * subtree, but `targets/releases`, which decides about pulls, refuses everything (ADR 0006). Any other fault, such as a
 * missing or altered file or a rollback, refuses everything for every role (DG-09, DG-10).
 */
export async function loadDelegations(
  source: Source,
  snapshot: Snapshot,
  targets: Targets,
  indispensable: readonly RoleName[],
): Promise<Loaded> {
  const loaded: Loading = { delegations: new Map(), unusable: new Map(), indispensable, count: 0 };
  await loadChildren(source, snapshot, targets, loaded);
  return loaded;
}

async function loadChildren(
  source: Source,
  snapshot: Snapshot,
  parent: Targets,
  loaded: Loading,
): Promise<void> {
  for (const delegation of parent.delegations) {
    const { name } = delegation;
    if (++loaded.count > limits.delegations)
      throw new DctError('LIMIT', {
        what: 'the delegations',
        limit: 'delegations',
        bound: limits.delegations,
      });
    try {
      const file = await loadOne(source, snapshot, parent, delegation);
      if (file === undefined) continue;
      loaded.delegations.set(name, file);
      await loadChildren(source, snapshot, file.data, loaded);
    } catch (error) {
      if (loaded.indispensable.includes(name) || !isOnlyThisRole(error, name)) throw error;
      loaded.unusable.set(name, error);
    }
  }
}

async function loadOne(
  source: Source,
  snapshot: Snapshot,
  parent: Targets,
  delegation: Delegation,
): Promise<Trusted<Targets> | undefined> {
  const { name } = delegation;
  const meta = snapshot.meta.get(name);
  const authority = authorityOf(delegation, parent.delegationKeys);
  const read = (envelope: Envelope): Targets => readTargets(envelope, name);
  if (meta !== undefined) return source.file(name, meta, limits.targetsBytes, read, authority);
  if (await source.wasPublished(name, authority, read))
    throw new DctError('ROLE_REMOVED', { gun: source.gun, role: name }); // RB-09
  return undefined; // declared, but nothing published yet (dialect 10.6)
}

/**
 * Faults that concern one delegation and can happen among honest people: it expired, or its signer was replaced. A file that
 * nobody has signed at all was made by no honest writer, and Notary refuses everything for it too (SG-01).
 */
function isOnlyThisRole(error: unknown, role: RoleName): error is DctError {
  if (!isDctError(error) || error.facts['role'] !== role) return false;
  if (isDctError(error, 'THRESHOLD')) return error.facts.signatures !== 0;
  return error.code === 'EXPIRED' || error.code === 'ROLE_REMOVED';
}
