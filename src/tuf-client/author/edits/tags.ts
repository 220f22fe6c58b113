// Pure edits of the tags in one targets file.
import { fromHex } from '../../../base/bytes.ts';
import { digestAlgorithm, digestHex, digestOfHash, parseDigest, type Digest } from '../../../base/digest.ts';
import { DctError } from '../../../base/errors.ts';
import type { FileMeta, RoleName, Targets } from '../../model/index.ts';
import type { SignPlan, TargetToSign } from '../types.ts';

type Change = SignPlan['changes'][number];

/** The entry that Docker writes for an image: one sha256 hash, and the size of the manifest (dialect 1.3). */
function entryOf(target: TargetToSign): FileMeta {
  if (digestAlgorithm(target.digest) !== 'sha256')
    // Docker reads nothing but sha256.
    throw new DctError('DIGEST_INVALID', { digest: target.digest });
  return { length: target.length, hashes: new Map([['sha256', fromHex(digestHex(target.digest))]]) };
}

/** What signing these tags into a role changes; empty when it says all of it already. */
export function changesIn(
  role: RoleName,
  targets: Targets | undefined,
  wanted: readonly TargetToSign[],
): readonly Change[] {
  return wanted.flatMap((target): Change[] => {
    const entry = targets?.targets.get(target.name);
    const before = entry && digestIn(entry);
    const same = before === target.digest && entry?.length === target.length;
    return same ? [] : [{ tag: target.name, role, before, after: parseDigest(target.digest) }];
  });
}

/** The digest that Docker reads from an entry. */
export function digestIn(entry: FileMeta): Digest | undefined {
  const sha256 = entry.hashes.get('sha256');
  return sha256?.byteLength === 32 ? digestOfHash('sha256', sha256) : undefined;
}

/** The same metadata with these tags set. Entries of other tags stay as they are, `custom` included (PB-14). */
export function withTargets(targets: Targets, wanted: readonly TargetToSign[]): Targets {
  return {
    ...targets,
    targets: new Map([...targets.targets, ...wanted.map((t) => [t.name, entryOf(t)] as const)]),
  };
}

/** The same metadata without these tags. */
export function withoutTags(targets: Targets, tags: ReadonlySet<string>): Targets {
  return { ...targets, targets: new Map([...targets.targets].filter(([name]) => !tags.has(name))) };
}

/** Whether two entries stand for the same content. */
export function isSameEntry(a: FileMeta | undefined, b: FileMeta | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && digestIn(a) === digestIn(b);
}

/** A file of a role that has none yet. Its version is decided when it is signed. */
export function emptyFile(expires: Targets['expires']): Targets {
  return { version: 0, expires, targets: new Map(), delegationKeys: new Map(), delegations: [] };
}
