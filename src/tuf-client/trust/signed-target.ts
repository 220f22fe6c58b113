// One signed entry as the content that it stands for, when it can stand for any.
import { digestOfHash, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import type { FileMeta, RoleName } from '../model/index.ts';
import type { SignedTarget } from '../types.ts';

/** @throws TARGET_UNUSABLE when what was signed cannot be an image */
export function signedTarget(gun: Gun, role: RoleName, tag: string, meta: FileMeta): SignedTarget {
  const problem = problemOf(meta);
  if (problem !== undefined) throw new DctError('TARGET_UNUSABLE', { gun, tag, problem });
  const digests = knownDigests(meta);
  const digest = digests[0] as Digest; // problemOf made sure of sha256, which comes first
  return { name: tag, role, digest, digests, length: meta.length, signed: meta };
}

/** TG-01 to TG-03, TG-05: Docker needs sha256, and a manifest has a size within bounds. */
export function problemOf(meta: FileMeta): string | undefined {
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
