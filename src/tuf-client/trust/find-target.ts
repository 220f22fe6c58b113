// From a tag to its signed content: releases first, then targets, and no other role (dialect 10.3, DG-05).
import { digestOfHash, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { asTag } from '../../base/reference.ts';
import { roleNames, type FileMeta, type RoleName, type Targets } from '../model/index.ts';
import type { ReleasedTarget, TrustedRepository } from '../types.ts';

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
    if (meta !== undefined && place.allows(tag)) return releasedTarget(repository, place.role, tag, meta);
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
      found.set(
        name,
        problemOf(meta) === undefined ? releasedTarget(repository, role, name, meta) : undefined,
      );
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

function releasedTarget(
  repository: TrustedRepository,
  role: RoleName,
  tag: string,
  meta: FileMeta,
): ReleasedTarget {
  const problem = problemOf(meta);
  if (problem !== undefined) throw new DctError('TARGET_UNUSABLE', { gun: repository.gun, tag, problem });
  const digests = knownDigests(meta);
  const digest = digests[0] as Digest; // problemOf made sure of sha256, which comes first
  return { name: tag, role, digest, digests, length: meta.length };
}

/** TG-01 to TG-03, TG-05: Docker needs sha256, and a manifest has a size within bounds. */
function problemOf(meta: FileMeta): string | undefined {
  const sha256 = meta.hashes.get('sha256');
  const sha512 = meta.hashes.get('sha512');
  if (sha256 === undefined) return 'it has no sha256 hash';
  if (sha256.byteLength !== 32) return `its sha256 hash has ${sha256.byteLength} bytes instead of 32`;
  if (sha512 !== undefined && sha512.byteLength !== 64)
    return `its sha512 hash has ${sha512.byteLength} bytes instead of 64`;
  if (meta.length < 1 || meta.length > limits.manifestBytes) return `no manifest has ${meta.length} bytes`;
  return undefined;
}

function knownDigests(meta: FileMeta): readonly Digest[] {
  return (['sha256', 'sha512'] as const).flatMap((algorithm) => {
    const hash = meta.hashes.get(algorithm);
    return hash === undefined ? [] : [digestOfHash(algorithm, hash)];
  });
}
