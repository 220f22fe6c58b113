// Where a manifest comes from: memory, the cache, or the registry, in this order.
import { digestAlgorithm, digestOf, type Digest } from '../../base/digest.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { pinned } from '../../base/reference.ts';
import { readManifest, type Manifest } from '../../registry/index.ts';
import type { Place } from './store.ts';

/**
 * The manifest of that digest. What was found once stays in memory and in the cache, for this repository; a registry that
 * knows who asks is asked each time (CA-08).
 * @throws CONTENT_MISMATCH and what `Registry.manifest` throws
 */
export function findManifest(place: Place, digest: Digest): Promise<Manifest> {
  if (place.asks === 'always') return fromRegistry(place, digest);
  return place.store.manifests.get(
    place.gun,
    digest,
    async () => (await fromCache(place, digest)) ?? (await fromRegistry(place, digest)),
  );
}

/** Transfers are not tied to the client that asked first: others may wait for the same answer. */
async function fromRegistry({ registry, repository, gun, store }: Place, digest: Digest): Promise<Manifest> {
  const manifest = await registry.manifest(repository, digest);
  checkDigest(pinned(gun, digest), manifest.bytes, digest);
  await store.cache?.store(digest, manifest.bytes);
  await store.cache?.noteSeen(digest, gun);
  return manifest;
}

async function fromCache({ gun, store }: Place, digest: Digest): Promise<Manifest | undefined> {
  if ((await store.cache?.wasSeen(digest, gun)) !== true) return undefined;
  const blob = await store.cache?.open(digest);
  if (blob === undefined) return undefined;
  try {
    // A blob may have been asked for as a manifest.
    if (blob.size > limits.manifestBytes) return undefined;
    const parts: Uint8Array[] = [];
    await blob.deliver((chunk) => void parts.push(Uint8Array.from(chunk)));
    const bytes = new Uint8Array(Buffer.concat(parts));
    return { bytes, digest, ...readManifest(bytes, pinned(gun, digest)) };
  } catch (error) {
    // The cache has said so already, and the registry has it too.
    if (isDctError(error, 'CACHED_CONTENT_WRONG', 'DISK')) return undefined;
    throw error;
  } finally {
    await blob.close();
  }
}

/** Done here although the registry client does it too: no byte leaves on the word of another module (MF-02). */
export function checkDigest(what: string, bytes: Uint8Array, expected: Digest): void {
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected)
    throw new DctError('CONTENT_MISMATCH', { what, property: 'digest', expected, actual });
}
