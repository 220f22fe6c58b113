// Content and the repositories that have it, changed together: content that any repository has exists, and no other is kept.
import { concat } from '../../base/bytes.ts';
import type { Digest } from '../../base/digest.ts';
import type { BlobStorage, BlobUpload } from '../storage/blob-storage.ts';
import { createQueue } from './queue.ts';
import type { RecordDraft } from './record.ts';
import type { Repositories } from './repositories.ts';

export interface Contents {
  /**
   * Ends an upload and enters its content into a repository.
   * @returns false when the content has another digest
   */
  store(upload: BlobUpload, digest: Digest, repository: string, enter: Change): Promise<boolean>;
  /** Enters content of another repository; false when that one does not have it as a blob. */
  mount(digest: Digest, from: string, to: string): Promise<boolean>;
  /** Takes content out of a repository, and out of storage when it was the last one that had it. */
  remove(digest: Digest, repository: string, leave: Change): Promise<void>;
  /** Whole, for manifests. */
  read(digest: Digest): Promise<Uint8Array>;
}

type Change = (draft: RecordDraft) => void;

export function createContents(repositories: Repositories, blobs: BlobStorage): Contents {
  // One at a time for each digest, or content could be removed between its arrival and its entry.
  const queue = createQueue();
  return {
    store: (upload, digest, repository, enter) =>
      queue(digest, async () => {
        if (!(await upload.finish(digest))) return false;
        await repositories.change(repository, enter);
        return true;
      }),

    mount: (digest, from, to) =>
      queue(digest, async () => {
        if ((await repositories.find(from))?.blobs.has(digest) !== true) return false;
        await repositories.change(to, (draft) => draft.blobs.add(digest));
        return true;
      }),

    remove: (digest, repository, leave) =>
      queue(digest, async () => {
        await repositories.change(repository, leave);
        if (!(await repositories.refersTo(digest))) await blobs.delete(digest);
      }),

    read: async (digest) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of blobs.open(digest)) chunks.push(chunk);
      return concat(...chunks);
    },
  };
}
