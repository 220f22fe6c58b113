// What is remembered of a GUN between updates, whatever happens to the cache: the basis of rollback protection (RB-07).
import { roleNames, type Common, type Role, type RoleName, type Root } from '../model/index.ts';
import type { FirstTrust, Trusted, TrustedRepository } from '../types.ts';
import { sha256Hex, type Seen } from './checks.ts';

/** The highest version of a role that passed an update. */
export interface Remembered extends Seen {
  /** Which keys the verified root gave the base role that stands above it; a change forgets the entry (TUF 5.3.11). */
  readonly keys: string;
  /** Its parent no longer declared it when it was last looked at. */
  readonly withdrawn: boolean;
}

export interface Memory {
  readonly trusted: FirstTrust;
  readonly root: Seen;
  readonly roles: ReadonlyMap<RoleName, Remembered>;
  /** When the server last said that there is nothing newer, in milliseconds since the epoch. */
  readonly confirmedAt: number | undefined;
}

/**
 * Names the keys that speak for a role. Timestamp and snapshot share one name, because a rotation of either starts both
 * anew (TUF 5.3.11, FF-02); delegations stand or fall with the targets keys (FF-03).
 */
export function keysBehind(role: RoleName, root: Root): string {
  const { snapshot, targets, timestamp } = root.roles;
  const isServerRole = role === 'timestamp' || role === 'snapshot';
  return (isServerRole ? [timestamp, snapshot] : [targets]).map(describeKeys).join(' ');
}

function describeKeys(role: Role): string {
  return `${role.threshold}:${[...role.keyIds].sort().join(',')}`;
}

/**
 * True when the root has changed the keys behind a role since the role was remembered. Then nothing that was seen of it
 * counts, not even what the cache holds: of two roles that begin anew together, one may have kept its keys.
 */
export function beginsAnew(memory: Memory | undefined, role: RoleName, root: Root): boolean {
  const entry = memory?.roles.get(role);
  return entry !== undefined && entry.keys !== keysBehind(role, root);
}

/** The memory after an update that passed. */
export function remember(repository: TrustedRepository, before: Memory | undefined): Memory {
  const root = repository.root.data;
  const roles = new Map<RoleName, Remembered>();
  const declared = new Set(
    [repository.targets, ...repository.delegations.values()].flatMap(({ data }) =>
      data.delegations.map((d) => d.name),
    ),
  );
  // Who declares what below an unusable delegation cannot be known now.
  const hidden = [...repository.unusable.keys()].map((role) => `${role}/`);
  for (const [role, entry] of before?.roles ?? []) {
    const gone = role.includes('/') && !declared.has(role) && !hidden.some((above) => role.startsWith(above));
    roles.set(role, { ...entry, withdrawn: entry.withdrawn || gone });
  }
  const files: [RoleName, Trusted<Common>][] = [
    [roleNames.timestamp, repository.timestamp],
    [roleNames.snapshot, repository.snapshot],
    [roleNames.targets, repository.targets],
    ...repository.delegations,
  ];
  for (const [role, { bytes, data }] of files)
    roles.set(role, {
      version: data.version,
      sha256: sha256Hex(bytes),
      keys: keysBehind(role, root),
      withdrawn: false,
    });
  const { bytes, data } = repository.root;
  return {
    trusted: repository.trustedSince,
    root: { version: data.version, sha256: sha256Hex(bytes) },
    roles,
    confirmedAt: repository.confirmedAt,
  };
}

/**
 * One memory out of two that were made side by side: nothing that either has seen is lost. Where the keys behind a role
 * differ, the side with the newer root is right.
 */
export function mergeMemories(ours: Memory, other: Memory | undefined): Memory {
  if (other === undefined) return ours;
  const [newer, older] = ours.root.version >= other.root.version ? [ours, other] : [other, ours];
  const roles = new Map(newer.roles);
  for (const [role, entry] of older.roles) {
    const rival = roles.get(role);
    if (rival === undefined || (rival.keys === entry.keys && rival.version < entry.version))
      roles.set(role, entry);
  }
  // The later of two times could be one from before a clock was set back, and would then stay for ever.
  const confirmedAt = ours.confirmedAt ?? other.confirmedAt;
  return { trusted: other.trusted, root: newer.root, roles, confirmedAt };
}
