// The snapshot of a publication, where the repository keeps its snapshot key on this machine (dialect 9.2 step 6).
import { createHash } from 'node:crypto';
import { roleNames, snapshotToJson, type FileMeta, type Snapshot } from '../model/index.ts';
import type { Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { signDocument, type Document, type RoleSigner } from './document.ts';
import { expiryOf } from './lifetimes.ts';

/** The snapshot after these documents; what they do not replace stays as it was, removed roles too, as servers do it. */
export async function nextSnapshot(
  { snapshot }: TrustedRepository,
  documents: readonly Document[],
  signers: readonly RoleSigner[],
  authority: Authority,
  now: number,
): Promise<Document> {
  const next: Snapshot = {
    version: snapshot.data.version + 1,
    expires: expiryOf('snapshot', now),
    meta: new Map([
      ...snapshot.data.meta,
      ...documents.map(({ role, bytes }) => [role, metaOf(bytes)] as const),
    ]),
  };
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
