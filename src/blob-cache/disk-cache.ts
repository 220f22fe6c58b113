// The cache itself: content addressed, shared by processes, and never in the way of a pull.
import type { FileHandle } from 'node:fs/promises';
import { digestAlgorithm, digestOf, type Digest } from '../base/digest.ts';
import { DctError, isDctError, printable } from '../base/errors.ts';
import type { Clock, Notices } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { diskError, systemCode, unsafe } from '../disk/failure.ts';
import { makeDirectories } from '../disk/path.ts';
import { CachedBlob } from './cached-blob.ts';
import { systemCalls, type CacheCalls } from './calls.ts';
import { evict, removeEntry } from './eviction.ts';
import { identityOf, problemOf, type FileIdentity } from './identity.ts';
import { IncomingFile } from './incoming.ts';
import { Inventory } from './inventory.ts';
import { blobs, fileOf, seen, shardOf } from './layout.ts';
import type { Ownership } from './leftovers.ts';
import { Scrubber, type Scrubbed } from './scrub.ts';
import { SeenIn } from './seen.ts';
import { Trouble } from './trouble.ts';
import type { BlobCache, BlobCacheOptions, CacheFigures, Incoming } from './types.ts';

const week = 7 * 24 * 3600 * 1000;
const MiB = 1024 * 1024;
/** How exactly it is remembered on disk when an entry was used, in milliseconds. */
const useGrainMs = 60_000;

export class DiskCache implements BlobCache {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #calls: CacheCalls;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #trouble: Trouble;
  readonly #ownership: Ownership;
  readonly #seen: SeenIn;
  readonly #scrubber: Scrubber;
  readonly #inventory = new Inventory();
  /** The files that this process has hashed whole, or has written itself (ADR 0019). */
  readonly #trusted = new Map<Digest, FileIdentity>();
  readonly #touched = new Map<Digest, number>();
  /** One look at the whole directory at a time. */
  #evicting: Promise<void> | undefined;
  #evicted = 0;
  #wrong = 0;

  constructor(options: BlobCacheOptions, ownership: Ownership) {
    this.#root = options.directory;
    this.#maxBytes = options.maxBytes;
    this.#calls = options.calls ?? systemCalls;
    this.#clock = options.clock;
    this.#notices = options.notices;
    this.#trouble = new Trouble(options.notices);
    this.#ownership = ownership;
    this.#seen = new SeenIn(options.directory, () => ownership.newName(), this.#calls);
    const entries: Scrubbed & { readonly inventory: Inventory } = {
      digests: () => this.#inventory.digests(),
      inventory: this.#inventory,
      get bytes(): number {
        return this.inventory.bytes;
      },
      check: (digest, rest) => this.#scrub(digest, rest),
    };
    const pace = { withinMs: week, bytesPerSecond: 8 * MiB, pauseMs: 100 };
    this.#scrubber = new Scrubber(entries, { ...pace, ...options.scrub });
  }

  /** Begins to look at what there is; nobody waits for it. */
  start(): void {
    this.#evict();
    this.#scrubber.start();
  }

  async open(digest: Digest): Promise<CachedBlob | undefined> {
    const blob = await this.#openEntry(digest, (identity) => this.#trusted.get(digest) === identity);
    if (blob !== undefined) this.#use(digest, blob.size);
    return blob;
  }

  async receive(digest: Digest, size: number | undefined): Promise<Incoming | undefined> {
    if (size !== undefined && size > this.#maxBytes) return undefined;
    const name = this.#ownership.newName();
    try {
      const file = await IncomingFile.create(name, this.#calls);
      return this.#incoming(file, digest, name);
    } catch (error) {
      this.#trouble.report(error, 'write', name);
      return undefined;
    }
  }

  async store(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (digestOf(bytes, digestAlgorithm(digest)) !== digest)
      throw new DctError('BUG', { problem: 'content was to be kept under the digest of other content' });
    const place = await this.receive(digest, bytes.byteLength);
    if (place === undefined) return;
    try {
      await place.write(bytes, 0);
      await place.keep(bytes.byteLength);
    } catch {
      await place.discard();
    } finally {
      await place.close();
    }
  }

  wasSeen(digest: Digest, gun: Gun): Promise<boolean> {
    return this.#seen.has(digest, gun);
  }

  async noteSeen(digest: Digest, gun: Gun): Promise<void> {
    await this.#try('note the use of', fileOf(this.#root, seen, digest), () => this.#seen.add(digest, gun));
  }

  figures(): CacheFigures {
    const { count: entries, bytes } = this.#inventory;
    const { count: failures } = this.#trouble;
    const scrubbed = this.#scrubber.checked;
    return { entries, bytes, evicted: this.#evicted, wrong: this.#wrong, scrubbed, failures };
  }

  async close(): Promise<void> {
    await this.#scrubber.stop();
    await this.#evicting;
    await this.#ownership.release();
  }

  #incoming(file: IncomingFile, digest: Digest, name: string): Incoming {
    return {
      write: async (bytes, position) => {
        try {
          if (position + bytes.byteLength > this.#maxBytes) throw largerThanCache();
          await file.write(bytes, position);
        } catch (error) {
          this.#trouble.report(error, 'write', name);
          throw error;
        }
      },
      read: (into, position) =>
        file.read(into, position).catch((error: unknown) => {
          throw diskError(error, 'read', name);
        }),
      keep: (size) => this.#keep(file, digest, size),
      discard: () => file.discard(),
      close: () => file.close().catch((error: unknown) => this.#trouble.report(error, 'write', name)),
    };
  }

  async #keep(file: IncomingFile, digest: Digest, size: number): Promise<boolean> {
    const path = fileOf(this.#root, blobs, digest);
    const kept = await this.#try('keep', path, async () => {
      await makeDirectories(this.#root, [blobs, ...shardOf(digest)]);
      this.#trusted.set(digest, await file.publish(path));
    });
    if (!kept) {
      this.#trusted.delete(digest);
      await file.discard();
      return false;
    }
    this.#trouble.overcome('write');
    this.#use(digest, size);
    if (this.#inventory.bytes > this.#maxBytes) this.#evict();
    return true;
  }

  #use(digest: Digest, size: number): void {
    const now = this.#clock.now();
    this.#inventory.use(digest, size, now);
    if (now - (this.#touched.get(digest) ?? -Infinity) < useGrainMs) return;
    this.#touched.set(digest, now);
    // Not there until somebody pulled it from a repository; then its time is that of the blob itself.
    void this.#calls.touch(fileOf(this.#root, seen, digest), now).catch(() => undefined);
  }

  async #judge(digest: Digest, identity: FileIdentity, right: boolean): Promise<void> {
    if (right) {
      this.#trusted.set(digest, identity);
      return;
    }
    this.#wrong++;
    this.#trusted.delete(digest);
    this.#inventory.remove(digest);
    const path = fileOf(this.#root, blobs, digest);
    this.#notices.warn(printable(`${path} is damaged: it is removed and will be fetched again`));
    await this.#try('remove', path, () => removeEntry(this.#root, digest, this.#calls));
  }

  async #openEntry(
    digest: Digest,
    isTrusted: (identity: FileIdentity) => boolean,
  ): Promise<CachedBlob | undefined> {
    const path = fileOf(this.#root, blobs, digest);
    let handle: FileHandle | undefined;
    const onTrouble = (error: unknown): void => this.#trouble.report(error, 'close', path);
    try {
      handle = await this.#calls.openRead(path);
      const found = await this.#calls.stat(handle);
      const problem = problemOf(found);
      if (problem !== undefined) throw unsafe(path, problem);
      this.#trouble.overcome('open');
      const identity = identityOf(found);
      const judge = (right: boolean): Promise<void> => this.#judge(digest, identity, right);
      const trusted = isTrusted(identity);
      const size = Number(found.size);
      return new CachedBlob({ path, digest, size, handle, calls: this.#calls, trusted, judge, onTrouble });
    } catch (error) {
      if (handle !== undefined) await this.#calls.close(handle).catch(onTrouble);
      // What cannot be opened now still takes its room.
      if (systemCode(error) === 'ENOENT') this.#inventory.remove(digest);
      else this.#trouble.report(error, 'open', path);
      return undefined;
    }
  }

  async #scrub(digest: Digest, rest: (bytes: number) => Promise<void>): Promise<void> {
    const blob = await this.#openEntry(digest, () => false);
    if (blob === undefined) return;
    try {
      await blob.verify(rest);
    } catch (error) {
      if (!isDctError(error, 'CACHED_CONTENT_WRONG', 'DISK')) throw error;
      if (error.code === 'DISK') this.#trouble.report(error, 'open', fileOf(this.#root, blobs, digest));
    } finally {
      await blob.close();
    }
  }

  #evict(): void {
    const now = (): number => this.#clock.now();
    const work = async (): Promise<void> => {
      const onRemoved = (): void => {
        this.#evicted++;
      };
      const options = { root: this.#root, maxBytes: this.#maxBytes, calls: this.#calls, now, onRemoved };
      await evict(this.#inventory, options);
      for (const memory of [this.#trusted, this.#touched])
        for (const digest of memory.keys()) if (!this.#inventory.has(digest)) memory.delete(digest);
    };
    this.#evicting ??= this.#try('clean', this.#root, work).then(() => {
      this.#evicting = undefined;
    });
  }

  /** True when the work was done; otherwise it was reported, unless what it was about is gone. */
  async #try(operation: string, path: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#trouble.overcome(operation);
      return true;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#trouble.report(error, operation, path);
      return false;
    }
  }
}

/** As the system says it of a file that may not grow. */
function largerThanCache(): NodeJS.ErrnoException {
  return Object.assign(new Error('it is larger than the whole cache'), { code: 'EFBIG' });
}
