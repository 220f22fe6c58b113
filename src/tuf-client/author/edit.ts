// Pure edits of targets metadata: a tag set, a role emptied, a delegation declared.
import { fromHex } from '../../base/bytes.ts';
import { digestAlgorithm, digestHex, digestOfHash, parseDigest, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import type { FileMeta, RoleName, Targets } from '../model/index.ts';
import type { SignPlan, TargetToSign } from './types.ts';

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

function digestIn(entry: FileMeta): Digest | undefined {
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
