// The snapshot of a publication, where the repository keeps its snapshot key on this machine (dialect 9.2 step 6).
import { createHash } from 'node:crypto';
import { DctError } from '../../base/errors.ts';
import { roleNames, snapshotToJson, type FileMeta, type Snapshot } from '../model/index.ts';
import type { Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import type { Bench } from './bench.ts';
import { heldKeys, signDocument, type Document, type RoleSigner } from './document.ts';
import { expiryOf } from './lifetimes.ts';
import { versionAfter } from './published-version.ts';

/** @throws VERSION_EXHAUSTED */
export function nextSnapshotVersion({ gun, snapshot }: TrustedRepository): number {
  return versionAfter(gun, roleNames.snapshot, snapshot.data.version);
}

/** The snapshot after these documents; what they do not replace stays as it was, removed roles too, as servers do it. */
export async function nextSnapshot(
  repository: TrustedRepository,
  documents: readonly Document[],
  signers: readonly RoleSigner[],
  authority: Authority,
  now: number,
): Promise<Document> {
  const next: Snapshot = {
    version: nextSnapshotVersion(repository),
    expires: expiryOf('snapshot', now),
    meta: new Map([
      ...repository.snapshot.data.meta,
      ...documents.map(({ role, bytes }) => [role, metaOf(bytes)] as const),
    ]),
  };
  return signDocument(roleNames.snapshot, snapshotToJson(next), next, signers, authority);
}

/**
 * A snapshot names files with all of their signatures, so it is signed last of all, by whoever publishes: where several keys
 * have to sign it and not all of them are here, nothing can be published, and no bundle helps.
 * @throws SNAPSHOT_KEY_SHARED
 */
export async function refuseSharedSnapshot(
  { gun, keys }: Pick<Bench, 'gun' | 'keys'>,
  authority: Authority,
): Promise<void> {
  const { threshold } = authority;
  if (threshold === 1) return;
  const held = (await heldKeys(keys, authority)).size;
  if (held < threshold) throw new DctError('SNAPSHOT_KEY_SHARED', { gun, needed: threshold, held });
}

/** Both hashes, as Go writes them. */
function metaOf(bytes: Uint8Array): FileMeta {
  const hash = (algorithm: 'sha256' | 'sha512'): Uint8Array =>
    new Uint8Array(createHash(algorithm).update(bytes).digest());
  return {
    length: bytes.byteLength,
    hashes: new Map([
      ['sha256', hash('sha256')],
      ['sha512', hash('sha512')],
    ]),
  };
}
