// From a tag to its signed content: releases first, then targets, and no other role (dialect 10.3, DG-05).
import { DctError } from '../../base/errors.ts';
import { asTag } from '../../base/reference.ts';
import { roleNames, type RoleName, type Targets } from '../model/index.ts';
import type { ReleasedTarget, TrustedRepository } from '../types.ts';
import { problemOf, signedTarget } from './signed-target.ts';

/** Paths are plain prefixes; no path at all allows nothing (dialect 10.1; DG-01, DG-03, DG-04). */
export function pathsAllow(paths: readonly string[], target: string): boolean {
  return paths.some((path) => target.startsWith(path));
}

/**
 * The content that a tag stands for.
 * @throws NOT_SIGNED, and TARGET_UNUSABLE when what was signed cannot be an image
 */
export function findReleased(repository: TrustedRepository, tag: string): ReleasedTarget {
  const { gun } = repository;
  const places = releasingRoles(repository);
  for (const place of places) {
    const meta = place.targets.targets.get(tag);
    if (meta !== undefined && place.allows(tag)) return signedTarget(gun, place.role, tag, meta);
  }
  throw new DctError('NOT_SIGNED', { gun, tag, roles: places.map(({ role }) => role).join(', ') });
}

/**
 * Every tag that `findReleased` finds, unordered. Names that are no tags stay unseen (NM-09), and so do entries that cannot
 * be used: asking for one by name tells why.
 */
export function listReleased(repository: TrustedRepository): readonly ReleasedTarget[] {
  const found = new Map<string, ReleasedTarget | undefined>();
  for (const { role, targets, allows } of releasingRoles(repository))
    for (const [name, meta] of targets.targets) {
      if (found.has(name) || asTag(name) === undefined || !allows(name)) continue;
      const isUsable = problemOf(meta) === undefined;
      found.set(name, isUsable ? signedTarget(repository.gun, role, name, meta) : undefined);
    }
  return [...found.values()].filter((target) => target !== undefined);
}

interface Place {
  readonly role: RoleName;
  readonly targets: Targets;
  readonly allows: (tag: string) => boolean;
}

function releasingRoles(repository: TrustedRepository): readonly Place[] {
  const top: Place = { role: roleNames.targets, targets: repository.targets.data, allows: () => true };
  const releases = repository.delegations.get(roleNames.releases);
  const declared = repository.targets.data.delegations.find(({ name }) => name === roleNames.releases);
  if (releases === undefined || declared === undefined) return [top];
  const allows = (tag: string): boolean => pathsAllow(declared.paths, tag);
  return [{ role: roleNames.releases, targets: releases.data, allows }, top];
}
