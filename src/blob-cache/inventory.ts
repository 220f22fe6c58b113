// What is in the cache and when it was last used: the order in which entries have to go (CA-07).
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { systemCode } from '../disk/failure.ts';
import { blobs, digestOfFile, fileOf, seen } from './layout.ts';

interface Item {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** The entries that this process knows of, least recently used first. */
export class Inventory {
  #items = new Map<Digest, Item>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#items.size;
  }

  has(digest: Digest): boolean {
    return this.#items.has(digest);
  }

  digests(): IterableIterator<Digest> {
    return this.#items.keys();
  }

  /** Notes that an entry is there and is used now. */
  use(digest: Digest, size: number, usedAt: number): void {
    this.remove(digest);
    this.#items.set(digest, { size, usedAt });
    this.#bytes += size;
  }

  remove(digest: Digest): void {
    const item = this.#items.get(digest);
    if (item === undefined) return;
    this.#items.delete(digest);
    this.#bytes -= item.size;
  }

  /**
   * Takes over what a scan found: entries that other processes added or removed, and when they used them. Entries that were
   * noted here while the scan ran stay.
   */
  adopt(found: ReadonlyMap<Digest, Item>, startedAt: number): void {
    const items = new Map(found);
    for (const [digest, item] of this.#items) {
      const other = items.get(digest);
      if (other === undefined ? item.usedAt >= startedAt : item.usedAt > other.usedAt)
        items.set(digest, item);
    }
    this.#items = oldestFirst(items);
    this.#bytes = 0;
    for (const { size } of this.#items.values()) this.#bytes += size;
  }
}

/** Sorts times and not entries: comparing a hundred thousand entries keeps every request waiting for half a second. */
function oldestFirst(items: ReadonlyMap<Digest, Item>): Map<Digest, Item> {
  const byTime = new Map<number, Digest[]>();
  for (const [digest, { usedAt }] of items) {
    const others = byTime.get(usedAt);
    if (others === undefined) byTime.set(usedAt, [digest]);
    else others.push(digest);
  }
  const sorted = new Map<Digest, Item>();
  for (const time of Float64Array.from(byTime.keys()).sort())
    for (const digest of byTime.get(time) ?? []) {
      const item = items.get(digest);
      if (item !== undefined) sorted.set(digest, item);
    }
  return sorted;
}

/** Looks at every entry on disk, a directory at a time, so that requests are answered meanwhile. */
export async function scan(root: string): Promise<Map<Digest, Item>> {
  const found = new Map<Digest, Item>();
  for (const algorithm of await namesIn(join(root, blobs)))
    for (const prefix of await namesIn(join(root, blobs, algorithm)))
      for (const name of await namesIn(join(root, blobs, algorithm, prefix))) {
        const digest = digestOfFile(algorithm, name);
        const item = digest && (await itemOf(root, digest));
        if (digest !== undefined && item !== undefined) found.set(digest, item);
      }
  return found;
}

async function itemOf(root: string, digest: Digest): Promise<Item | undefined> {
  const [blob, mark] = await Promise.all([
    lstat(fileOf(root, blobs, digest)).catch(() => undefined),
    lstat(fileOf(root, seen, digest)).catch(() => undefined),
  ]);
  // What is no file is never read, and its size is not ours to count.
  if (blob?.isFile() !== true) return undefined;
  return { size: blob.size, usedAt: Math.max(blob.mtimeMs, mark?.mtimeMs ?? 0) };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw error;
  });
}
