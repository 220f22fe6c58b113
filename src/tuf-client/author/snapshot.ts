// The snapshot of a publication, where the repository keeps its snapshot key on this machine (dialect 9.2 step 6).
import { createHash } from 'node:crypto';
import type { Gun } from '../../base/reference.ts';
import { roleNames, snapshotToJson, type FileMeta, type Snapshot } from '../model/index.ts';
import { authorityOf } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { heldKeys, signDocument, unlockRole, type Document, type RoleSigner } from './document.ts';
import { expiryOf } from './lifetimes.ts';
import type { SigningKeys } from './types.ts';

/** The snapshot key's signers, or undefined when no such key is here: then the server signs snapshots. */
export async function unlockSnapshot(
  keys: SigningKeys,
  gun: Gun,
  { root }: TrustedRepository,
): Promise<readonly RoleSigner[] | undefined> {
  const authority = authorityOf(root.data.roles.snapshot, root.data.keys);
  return (await heldKeys(keys, authority)).size === 0 ? undefined : unlockRole(keys, gun, authority);
}

/** The snapshot after these documents; what they do not replace stays as it was. */
export async function nextSnapshot(
  repository: TrustedRepository,
  documents: readonly Document[],
  signers: readonly RoleSigner[],
  now: number,
): Promise<Document> {
  const { root, snapshot } = repository;
  const next: Snapshot = {
    version: snapshot.data.version + 1,
    expires: expiryOf('snapshot', now),
    meta: new Map([
      ...snapshot.data.meta,
      ...documents.map(({ role, bytes }) => [role, metaOf(bytes)] as const),
    ]),
  };
  const authority = authorityOf(root.data.roles.snapshot, root.data.keys);
  return signDocument(roleNames.snapshot, snapshotToJson(next), next, signers, authority);
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
