// What the registry knows of one repository, and its form on disk.
import { decodeUtf8, utf8 } from '../../base/bytes.ts';
import type { Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import type { Tag } from '../../base/reference.ts';

export interface StoredManifest {
  /** The Content-Type that it was pushed with: what it is served as. */
  readonly mediaType: string;
  readonly size: number;
  /** What it refers to (OCI image spec, `subject`). */
  readonly subject?: Digest;
}

export interface RepositoryRecord {
  readonly tags: ReadonlyMap<Tag, Digest>;
  readonly manifests: ReadonlyMap<Digest, StoredManifest>;
  /** Blobs that were pushed to or mounted into this repository: others exist elsewhere, but not here. */
  readonly blobs: ReadonlySet<Digest>;
}

/** A copy that may be changed. */
export interface RecordDraft extends RepositoryRecord {
  readonly tags: Map<Tag, Digest>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly blobs: Set<Digest>;
}

export function draftOf(record: RepositoryRecord | undefined): RecordDraft {
  return {
    tags: new Map(record?.tags),
    manifests: new Map(record?.manifests),
    blobs: new Set(record?.blobs),
  };
}

interface WrittenRecord {
  readonly tags: Readonly<Record<string, Digest>>;
  readonly manifests: Readonly<Record<string, StoredManifest>>;
  readonly blobs: readonly Digest[];
}

export function writeRecord({ tags, manifests, blobs }: RepositoryRecord): Uint8Array {
  const written: WrittenRecord = {
    tags: Object.fromEntries(tags),
    manifests: Object.fromEntries(manifests),
    blobs: [...blobs],
  };
  return utf8(`${JSON.stringify(written)}\n`);
}

/**
 * Reads a record of ours. Its content is not checked again: whoever can write it can as well write the blobs.
 * @param file names the record in errors
 * @throws DISK
 */
export function readRecord(bytes: Uint8Array, file: string): RepositoryRecord {
  try {
    const { tags, manifests, blobs } = JSON.parse(decodeUtf8(bytes) ?? '') as WrittenRecord;
    return {
      tags: new Map(Object.entries(tags) as [Tag, Digest][]),
      manifests: new Map(Object.entries(manifests) as [Digest, StoredManifest][]),
      blobs: new Set(blobs),
    };
  } catch (error) {
    throw new DctError('DISK', { file, operation: 'read', problem: 'it is not a repository record' }, error);
  }
}
