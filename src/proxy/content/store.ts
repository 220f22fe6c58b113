// All content that the proxy has verified or is verifying now: the cache, and transfers that several clients share.
import type { BlobCache, CachedBlob } from '../../blob-cache/index.ts';
import type { Digest } from '../../base/digest.ts';
import { limits } from '../../base/limits.ts';
import { Flight } from './flight.ts';
import { ManifestMemory } from './manifest-memory.ts';
import type { Location } from './location.ts';

/** Where content is asked for, and where it is kept. */
export interface Place extends Location {
  readonly store: ContentStore;
}

export interface StoreOptions {
  /** None: nothing is kept on disk, and every client has a transfer of its own. */
  readonly cache?: BlobCache | undefined;
  readonly patienceMs?: number;
}

/** A transfer, and whether it was under way before. */
export interface Boarding {
  readonly flight: Flight;
  readonly joined: boolean;
}

export class ContentStore {
  readonly cache: BlobCache | undefined;
  readonly manifests = new ManifestMemory(limits.manifestMemoryBytes);
  readonly #patienceMs: number;
  readonly #flights = new Map<string, Flight>();

  constructor({ cache, patienceMs }: StoreOptions = {}) {
    this.cache = cache;
    this.#patienceMs = patienceMs ?? limits.flightPatienceMs;
  }

  /** Blobs on their way from a registry, for one client or several. */
  get transfers(): number {
    return this.#flights.size;
  }

  /**
   * A cached blob for somebody who may have it: it was seen in this very repository, or the registry says now that it is
   * there. Knowing a digest opens nothing (CA-08).
   * @throws what `Registry.blobSize` throws, such as BLOB_UNKNOWN
   */
  async open(location: Location, digest: Digest, signal: AbortSignal): Promise<CachedBlob | undefined> {
    const blob = await this.cache?.open(digest);
    if (blob === undefined) return undefined;
    try {
      await this.#askLeave(location, digest, signal);
      return blob;
    } catch (error) {
      await blob.close();
      throw error;
    }
  }

  /** The transfer of a blob from one repository: the one that is under way, or a new one. */
  board(cache: BlobCache, location: Location, digest: Digest): Boarding {
    const { registry, repository, gun } = location;
    // Not shared between repositories: one whose registry lies must not spoil the pulls of another (CA-05).
    const key = `${gun}@${digest}`;
    const current = this.#flights.get(key);
    if (current !== undefined) return { flight: current, joined: true };
    const flight: Flight = new Flight({
      fetch: (signal) => registry.blob(repository, digest, signal),
      receive: (size) => cache.receive(digest, size),
      onVerified: () => cache.noteSeen(digest, gun),
      onClosed: () => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      },
      patienceMs: this.#patienceMs,
    });
    this.#flights.set(key, flight);
    return { flight, joined: false };
  }

  async #askLeave(
    { registry, repository, gun, asks }: Location,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<void> {
    if (asks !== 'always' && (await this.cache?.wasSeen(digest, gun)) === true) return;
    await registry.blobSize(repository, digest, signal);
    await this.cache?.noteSeen(digest, gun);
  }
}
