// What single roles have signed, as far as each may speak; whether it counts for pulls is for `find-target.ts` to say.
import { asTag } from '../../base/reference.ts';
import { roleNames, type Delegation, type FileMeta, type RoleName, type Targets } from '../model/index.ts';
import type { SignedTarget, TrustedRepository } from '../types.ts';
import { pathsAllow } from './find-target.ts';
import { problemOf, signedTarget } from './signed-target.ts';

export interface SignedEntry {
  readonly role: RoleName;
  readonly name: string;
  readonly meta: FileMeta;
}

/** Every entry of every role that may speak for its name, in the order of the roles. */
export function* signedEntries(repository: TrustedRepository): Generator<SignedEntry> {
  const paths = new Map(
    declaredDelegations(repository).map((delegation) => [delegation.name as string, delegation.paths]),
  );
  for (const [role, { targets }] of targetsDocuments(repository))
    for (const [name, meta] of targets) if (mayName(role, name, paths)) yield { role, name, meta };
}

/** The usable tags that `role` has signed itself, unordered. */
export function listSignedBy(repository: TrustedRepository, role: RoleName): readonly SignedTarget[] {
  return [...signedEntries(repository)]
    .filter((entry) => entry.role === role && asTag(entry.name) !== undefined)
    .filter(({ meta }) => problemOf(meta) === undefined)
    .map(({ name, meta }) => signedTarget(repository.gun, role, name, meta));
}

/** `targets` and all usable delegations, in download order. */
export function targetsDocuments({
  targets,
  delegations,
}: TrustedRepository): readonly (readonly [RoleName, Targets])[] {
  const below = [...delegations].map(([role, { data }]) => [role, data] as const);
  return [[roleNames.targets, targets.data], ...below];
}

/** Delegations at every level, whether anything was published for them or not. */
export function declaredDelegations(repository: TrustedRepository): readonly Delegation[] {
  return targetsDocuments(repository).flatMap(([, { delegations }]) => delegations);
}

/** A delegation speaks for a name when it and every role above it were given a prefix of that name (DG-03). */
function mayName(role: string, name: string, paths: ReadonlyMap<string, readonly string[]>): boolean {
  if (role === roleNames.targets) return true;
  return (
    pathsAllow(paths.get(role) ?? [], name) && mayName(role.slice(0, role.lastIndexOf('/')), name, paths)
  );
}
