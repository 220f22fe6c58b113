// The version that a role's next file has to exceed: servers forget nothing, not even roles that were removed (dialect 10.4).
import { toHex } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import { parseDocument, readEnvelope, readTargets, type RoleName, type Targets } from '../model/index.ts';
import { checkContent } from '../trust/index.ts';
import type { Bench } from './bench.ts';

/**
 * The newest version of a targets role that the server has; 0 when it never had one. A role that was removed and comes back,
 * or whose keys were replaced, is not part of the verified data, but the snapshot still names its file.
 * @throws CONTENT_MISMATCH, MALFORMED, LIMIT, the transport family
 */
export async function publishedVersion(bench: Bench, role: RoleName): Promise<number> {
  const { repository, afterConflict } = bench;
  const trusted = role === 'targets' ? repository.targets : repository.delegations.get(role);
  if (trusted !== undefined) return trusted.data.version;
  const left = await leftFile(bench, role);
  if (left !== undefined) return left.file.version;
  if (!afterConflict) return 0;
  // Nobody vouches for this file, and nothing but its number is used: the server would refuse a lower one.
  const bytes = await bench.store.download(repository.gun, { role }, limits.targetsBytes);
  return bytes === undefined ? 0 : read(role, bytes).file.version;
}

/**
 * The version of a role's next file. Who holds a key of the role may have left none (FF-01).
 * @throws VERSION_EXHAUSTED
 */
export function versionAfter(gun: Gun, role: RoleName, version: number): number {
  if (version >= Number.MAX_SAFE_INTEGER) throw new DctError('VERSION_EXHAUSTED', { gun, role, version });
  return version + 1;
}

export interface LeftFile {
  readonly file: Targets;
  readonly bytes: Uint8Array;
}

/** The file that the snapshot names for a role, whoever signed it; undefined when it names none. */
export async function leftFile({ repository, store }: Bench, role: RoleName): Promise<LeftFile | undefined> {
  const meta = repository.snapshot.data.meta.get(role);
  const sha256 = meta?.hashes.get('sha256');
  if (meta === undefined || sha256 === undefined) return undefined;
  const maxBytes = Math.min(meta.length, limits.targetsBytes);
  const bytes = await store.download(repository.gun, { role, sha256: toHex(sha256) }, maxBytes);
  if (bytes === undefined) return undefined;
  checkContent(`${role} metadata`, bytes, meta);
  return read(role, bytes);
}

function read(role: RoleName, bytes: Uint8Array): LeftFile {
  const file = parseDocument(`${role} metadata`, bytes, (document) =>
    readTargets(readEnvelope(document), role),
  );
  return { file, bytes };
}
