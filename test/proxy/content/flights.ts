// Transfers over a scripted registry and a real cache, with readers whose pace a test decides.
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import type { Gun } from '../../../src/base/reference.ts';
import type { BlobCache, BlobCacheOptions } from '../../../src/blob-cache/index.ts';
import type { Flight } from '../../../src/proxy/content/flight.ts';
import type { Place } from '../../../src/proxy/content/store.ts';
import { ContentStore } from '../../../src/proxy/content/store.ts';
import { openRig, type CacheRig } from '../../blob-cache/support.ts';
import { FakeRegistry, gunOf, host } from '../fakes.ts';
import { ScriptedBlob, type BlobScript } from '../scripted-blob.ts';

const pieceBytes = 256 * 1024;
/** More than a transfer keeps in memory. */
export const pieces = Array.from({ length: 20 }, (_, i) => Buffer.alloc(pieceBytes, i + 1));
export const whole = Buffer.concat(pieces);
export const digest = digestOf(whole);

export interface FlightRig extends CacheRig {
  readonly registry: FakeRegistry;
  readonly store: ContentStore;
  /** Those that were asked for, in order. */
  readonly blobs: ScriptedBlob[];
  readonly board: (repository?: string) => { readonly flight: Flight; readonly joined: boolean };
}

export async function flightRig(
  script: Partial<BlobScript> = {},
  { patienceMs = 60_000, ...options }: Partial<BlobCacheOptions> & { patienceMs?: number } = {},
): Promise<FlightRig> {
  const rig = await openRig(options);
  const registry = new FakeRegistry(host);
  const store = new ContentStore({ cache: rig.cache, patienceMs });
  const blobs: ScriptedBlob[] = [];
  registry.blobs.set(digest, () => {
    const blob = new ScriptedBlob({ digest, size: whole.length, pieces, ...script });
    blobs.push(blob);
    return blob;
  });
  const board = (repository = 'app') => store.board(rig.cache, placeOf(store, registry, repository), digest);
  return { ...rig, registry, store, blobs, board };
}

export function placeOf(store: ContentStore, registry: FakeRegistry, repository: string): Place {
  const gun: Gun = gunOf(repository);
  return { registry, repository, gun, store };
}

/** Somebody who reads, and who can be held up. */
export class Somebody {
  readonly #flight: Flight;
  readonly #reader: ReturnType<Flight['board']>;
  readonly #gone = new AbortController();
  readonly #parts: Buffer[] = [];
  readonly #gate: Promise<unknown>;
  readonly #mark: { readonly at: number; readonly reached: ReturnType<typeof gate> };
  #length = 0;
  /** The number of bytes, or the error's code. */
  readonly end: Promise<number | string>;

  /** @param mark of how many bytes `caughtUp` waits for */
  constructor(flight: Flight, held: Promise<unknown> = Promise.resolve(), mark = 0) {
    this.#flight = flight;
    this.#gate = held;
    this.#mark = { at: mark, reached: gate() };
    this.#reader = flight.board(0);
    this.end = this.#read();
  }

  get content(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** Resolves when so many bytes have come. */
  get caughtUp(): Promise<void> {
    return this.#mark.reached.closed;
  }

  leave(): void {
    this.#gone.abort(Object.assign(new Error('left'), { code: 'LEFT' }));
    this.#flight.leave(this.#reader);
  }

  async #read(): Promise<number | string> {
    try {
      await this.#flight.head;
      const take = async (chunk: Uint8Array): Promise<void> => {
        await this.#gate;
        this.#parts.push(Buffer.from(chunk));
        this.#length += chunk.byteLength;
        if (this.#length >= this.#mark.at) this.#mark.reached.open();
      };
      return await this.#flight.read(this.#reader, take, this.#gone.signal);
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      this.#flight.leave(this.#reader);
    }
  }
}

/** A promise, and what resolves it. */
export function gate(): { readonly closed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

export async function isCached(cache: BlobCache, name: Digest = digest): Promise<boolean> {
  const blob = await cache.open(name);
  await blob?.close();
  return blob !== undefined;
}

/** Resolves when the transfer is over, however it ended. */
export async function over(flight: Flight): Promise<boolean> {
  return flight.kept(new AbortController().signal).catch(() => false);
}
