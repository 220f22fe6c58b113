// Manifests: fetched by digest only, and not answered before every byte was compared with what was signed or asked for.
import type { Digest } from '../../base/digest.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { pinned, type Tag } from '../../base/reference.ts';
import type { Manifest } from '../../registry/index.ts';
import type { ReleasedTarget } from '../../tuf-client/index.ts';
import type { Exchange } from '../serve/exchange.ts';
import { checkDigest, findManifest } from './find-manifest.ts';
import type { Place } from './store.ts';

/**
 * The manifest that `tag` is signed as. The registry is never asked by tag, so moving the tag there has no effect (MF-01).
 * @throws SIGNED_MANIFEST_MISSING, CONTENT_MISMATCH and what `Registry.manifest` throws
 */
export async function fetchSigned(place: Place, tag: Tag, target: ReleasedTarget): Promise<Manifest> {
  const { gun } = place;
  const what = `${gun}:${tag}`;
  const manifest = await findManifest(place, target.digest).catch((error: unknown) => {
    // "Not found" would send clients elsewhere for the tag, which is what whoever hides the manifest may want (MF-01).
    if (isDctError(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN'))
      throw new DctError('SIGNED_MANIFEST_MISSING', { gun, tag, digest: target.digest }, error);
    throw error;
  });
  const length = manifest.bytes.byteLength;
  if (length !== target.length)
    throw new DctError('CONTENT_MISMATCH', {
      what,
      property: 'length',
      expected: String(target.length),
      actual: String(length),
    });
  for (const digest of [target.digest, ...target.digests]) checkDigest(what, manifest.bytes, digest);
  return manifest;
}

/**
 * A manifest that was asked for by digest: its name is its proof, signed or not (MF-15).
 * @throws CONTENT_MISMATCH and what `Registry.manifest` throws
 */
export async function fetchPinned(place: Place, digest: Digest): Promise<Manifest> {
  const manifest = await findManifest(place, digest);
  checkDigest(pinned(place.gun, digest), manifest.bytes, digest);
  return manifest;
}

/**
 * The manifest that the registry has under a tag now: only for tags that policy lets pass unsigned.
 * @throws CONTENT_MISMATCH and what `Registry.manifest` throws
 */
export async function fetchStored(
  { registry, repository, gun }: Place,
  tag: Tag,
  signal: AbortSignal,
): Promise<Manifest> {
  const manifest = await registry.manifest(repository, tag, signal);
  checkDigest(`${gun}:${tag}`, manifest.bytes, manifest.digest);
  return manifest;
}

/**
 * Answers with a verified manifest; every header is made from its bytes (MF-03). The stored form is sent whatever
 * `Accept` says, as RFC 9110 12.4.1 allows: converted it would have another digest, and refused it would keep older
 * clients, whose `Accept` is incomplete, from what was signed for them (MF-13).
 * @returns the status
 * @throws MANIFEST_REFUSED on a media type that is none
 */
export function sendManifest(exchange: Exchange, what: string, digest: Digest, manifest: Manifest): number {
  const { mediaType, bytes } = manifest;
  // The type comes out of the document, and so from whoever wrote it: it must not become another header (PX-17).
  if (!/^application\/[A-Za-z0-9][A-Za-z0-9.+-]{0,126}$/.test(mediaType))
    throw new DctError('MANIFEST_REFUSED', {
      reference: what,
      problem: 'its media type is not one of a manifest',
    });
  const headers = { 'Docker-Content-Digest': digest, ETag: `"${digest}"` };
  if (clientHas(exchange.request.headers['if-none-match'], digest)) {
    exchange.send(304, headers, undefined);
    return 304;
  }
  exchange.send(200, { 'Content-Type': mediaType, ...headers }, bytes);
  return 200;
}

/**
 * True when the client names exactly this digest, quoted or, as some clients do, bare. `*` and weak validators never
 * match: to send the content again is always right (MF-18).
 */
function clientHas(condition: string | undefined, digest: Digest): boolean {
  if (condition === undefined) return false;
  return condition.split(',').some((tag) => tag.trim() === `"${digest}"` || tag.trim() === digest);
}
