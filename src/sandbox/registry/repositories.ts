// All repositories: in memory while the registry runs, and one small file each, so that they survive it.
import type { Digest } from '../../base/digest.ts';
import type { Files } from '../../base/ports.ts';
import { createQueue } from './queue.ts';
import { draftOf, readRecord, writeRecord, type RecordDraft, type RepositoryRecord } from './record.ts';

/** Begins with a character that no part of a repository's name begins with, so that no name collides with it. */
const recordName = '_repository.json';
const folder = 'repositories';

export interface Repositories {
  /** Sorted by bytes. */
  names(): Promise<readonly string[]>;
  find(name: string): Promise<RepositoryRecord | undefined>;
  /**
   * Changes a copy of the record, makes it durable and only then visible; the repository begins to exist when it is new.
   * Changes of one repository happen one after the other.
   */
  change<T>(name: string, edit: (draft: RecordDraft) => T): Promise<T>;
  /** Whether any repository has it, as a blob or as a manifest. */
  refersTo(digest: Digest): Promise<boolean>;
}

export function createRepositories(files: Files): Repositories {
  const queue = createQueue();
  let opened: Promise<Map<string, RepositoryRecord>> | undefined;
  const records = (): Promise<Map<string, RepositoryRecord>> => (opened ??= readRecords(files));

  return {
    names: async () => [...(await records()).keys()].sort(),
    find: async (name) => (await records()).get(name),
    change: (name, edit) =>
      queue(name, async () => {
        const known = await records();
        const draft = draftOf(known.get(name));
        const result = edit(draft);
        await files.write(`${folder}/${name}/${recordName}`, writeRecord(draft));
        known.set(name, draft);
        return result;
      }),
    refersTo: async (digest) => {
      for (const { blobs, manifests } of (await records()).values())
        if (blobs.has(digest) || manifests.has(digest)) return true;
      return false;
    },
  };
}

async function readRecords(files: Files): Promise<Map<string, RepositoryRecord>> {
  const records = new Map<string, RepositoryRecord>();
  for (const name of await files.list(folder)) {
    if (!name.endsWith(`/${recordName}`)) continue;
    const path = `${folder}/${name}`;
    const bytes = await files.read(path);
    if (bytes === undefined) continue;
    records.set(name.slice(0, -recordName.length - 1), readRecord(bytes, files.locate(path)));
  }
  return records;
}
