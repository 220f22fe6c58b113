// Caches in directories that exist for one test, with faults on demand.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { systemCalls, type CacheCalls } from '../../src/blob-cache/calls.ts';
import { openBlobCache, type BlobCache, type BlobCacheOptions } from '../../src/blob-cache/index.ts';
import { temporaryDirectory } from '../disk/support.ts';

export interface CacheRig {
  readonly cache: BlobCache;
  readonly directory: string;
  /** Warnings and news. */
  readonly lines: string[];
  readonly clock: { time: number; now(): number };
  /** Another cache over the same directory, as of another process. */
  again(options?: Partial<BlobCacheOptions>): Promise<CacheRig>;
}

export async function openRig(
  options: Partial<BlobCacheOptions> = {},
  clock = { time: Date.now(), now: () => clock.time },
): Promise<CacheRig> {
  const directory = options.directory ?? join(await temporaryDirectory(), 'cache');
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const cache = await openBlobCache({
    directory,
    maxBytes: 64 * 1024 * 1024,
    clock,
    notices: { warn: keep, info: keep, debug: keep },
    // Nothing is looked at in the background unless the test is about that.
    scrub: { pauseMs: 3_600_000 },
    ...options,
  });
  onTestFinished(() => cache.close());
  return {
    cache,
    directory,
    lines,
    clock,
    again: (more) => openRig({ ...options, directory, ...more }, clock),
  };
}

/** Calls of the system, some of which do something else. */
export function withFaults(faults: Partial<CacheCalls>): CacheCalls {
  return { ...systemCalls, ...faults };
}

export function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

/** Bytes that differ at every place, with a note that makes them differ from others. */
export function bytesOf(length: number, note = 0): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + note * 31) % 251));
}

/** Keeps content as a transfer does, in two writes. */
export async function put(cache: BlobCache, bytes: Buffer): Promise<Digest> {
  const digest = digestOf(bytes);
  const file = await cache.receive(digest, bytes.length);
  if (file === undefined) throw new Error('the cache takes nothing');
  const half = bytes.length >> 1;
  await file.write(bytes.subarray(0, half), 0);
  await file.write(bytes.subarray(half), half);
  await file.keep(bytes.length);
  await file.close();
  return digest;
}

/** The content of an entry, as it is handed over; undefined when there is none. */
export async function get(cache: BlobCache, digest: Digest): Promise<Buffer | undefined> {
  const blob = await cache.open(digest);
  if (blob === undefined) return undefined;
  const parts: Buffer[] = [];
  try {
    await blob.deliver((chunk) => void parts.push(Buffer.from(chunk)));
    return Buffer.concat(parts);
  } finally {
    await blob.close();
  }
}

export function blobFile(directory: string, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return join(directory, 'blobs/sha256', hex.slice(0, 2), hex);
}

/** What lies in the place for content on its way, without the marks of living processes. */
export async function leftovers(directory: string): Promise<readonly string[]> {
  return (await readdir(join(directory, 'incoming'))).filter((name) => !name.endsWith('.owner'));
}
