// Blobs: passed on while they are verified, with the tail withheld; wrong content ends in a destroyed connection (BL-05).
import type { Digest } from '../../base/digest.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import type { Blob } from '../../registry/index.ts';
import type { Exchange } from '../serve/exchange.ts';
import type { Place } from './manifest.ts';

/**
 * Streams a blob to the client, and answers the number of bytes. `Range` is ignored and the whole blob sent, because a
 * slice could not be verified (BL-09, RFC 9110 14.2). Wrong content destroys the connection even when it was noticed before
 * the first byte left; after other failures `exchange.begun` tells whether an error can still be answered.
 * @throws CONTENT_MISMATCH, HTTP_TOO_OLD and what `Registry.blob` and `Blob.deliver` throw
 */
export async function streamBlob(place: Place, digest: Digest, exchange: Exchange): Promise<number> {
  const { signal } = exchange;
  const blob = await place.registry.blob(place.repository, digest, signal);
  const cancel = (): void => blob.cancel();
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', cancel, { once: true });
    return await passOn(blob, exchange);
  } catch (error) {
    blob.cancel();
    if (isDctError(error) && error.family === 'trust') exchange.cut();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function passOn(blob: Blob, exchange: Exchange): Promise<number> {
  const { size, digest } = blob;
  const { signal } = exchange;
  // Without a length the old protocol shows the end of the body by closing, which a cut connection looks like (BL-04).
  if (size === undefined && exchange.endsWithConnection) throw new DctError('HTTP_TOO_OLD', {});
  const begin = (): void => exchange.begin(200, blobHeaders(digest, size));

  let sent = 0;
  await blob.deliver((chunk) => {
    signal.throwIfAborted();
    if (!exchange.begun) begin();
    sent += chunk.byteLength;
    return exchange.write(chunk);
  });
  signal.throwIfAborted();
  if (!exchange.begun) begin();
  exchange.end();
  return sent;
}

/**
 * Answers HEAD with the size that the registry announces. It is a hint: nobody has hashed the blob yet. A client that
 * relies on it gets a body of exactly this size that matches the digest, or no complete body (BL-10).
 * @throws what `Registry.blobSize` throws
 */
export async function announceBlob(place: Place, digest: Digest, exchange: Exchange): Promise<void> {
  const hint = await place.registry.blobSize(place.repository, digest, exchange.signal);
  exchange.send(200, blobHeaders(digest, hint), undefined);
}

function blobHeaders(digest: Digest, size: number | undefined): Record<string, string | number> {
  return {
    'Content-Type': 'application/octet-stream',
    ...(size !== undefined && { 'Content-Length': size }),
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': 'none',
  };
}
