// The answers that carry a blob: the whole as it comes, or a part of what was verified before.
import type { CachedBlob } from '../../blob-cache/index.ts';
import type { Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import type { Blob } from '../../registry/index.ts';
import type { Exchange, Headers } from '../serve/exchange.ts';
import { spanOf, type RangeRequest } from './range.ts';

export interface BlobAnswer {
  readonly status: number;
  /** Of content, that were sent. */
  readonly bytes: number;
}

/**
 * Sends all of it while it is verified.
 * @param parts whether clients may come back for parts of it
 * @throws HTTP_TOO_OLD and what `deliver` throws
 */
export async function sendWhole(
  blob: Pick<Blob, 'digest' | 'size' | 'deliver'>,
  exchange: Exchange,
  parts: boolean,
): Promise<BlobAnswer> {
  const { digest, size } = blob;
  const { signal } = exchange;
  // Without a length the old protocol shows the end of the body by closing, which a cut connection looks like (BL-04).
  if (size === undefined && exchange.endsWithConnection) throw new DctError('HTTP_TOO_OLD', {});
  const begin = (): void => exchange.begin(200, blobHeaders(digest, size, parts));

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
  return { status: 200, bytes: sent };
}

/** Sends a part of verified content: 206, or 416 when the range selects nothing (RFC 9110 15.3.7 and 15.5.17). */
export async function sendPart(
  blob: CachedBlob,
  range: RangeRequest,
  exchange: Exchange,
): Promise<BlobAnswer> {
  const { digest, size } = blob;
  // Nothing is read to its end for who has left.
  await blob.verify(() => exchange.signal.throwIfAborted());
  const span = spanOf(range, size);
  if (span === undefined) {
    const headers = { ...blobHeaders(digest, undefined, true), 'Content-Range': `bytes */${size}` };
    exchange.send(416, headers, new Uint8Array());
    return { status: 416, bytes: 0 };
  }
  const { start, end } = span;
  exchange.begin(206, {
    ...blobHeaders(digest, end - start, true),
    'Content-Range': `bytes ${start}-${end - 1}/${size}`,
  });
  await blob.deliverSpan(span, (chunk) => {
    exchange.signal.throwIfAborted();
    return exchange.write(chunk);
  });
  exchange.end();
  return { status: 206, bytes: end - start };
}

export function blobHeaders(digest: Digest, size: number | undefined, parts: boolean): Headers {
  return {
    'Content-Type': 'application/octet-stream',
    ...(size !== undefined && { 'Content-Length': size }),
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': parts ? 'bytes' : 'none',
  };
}
