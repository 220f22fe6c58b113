// Blobs: from the cache, from a transfer that is shared, or from one of their own; always verified, the tail withheld (BL-05).
import type { BlobCache, CachedBlob } from '../../blob-cache/index.ts';
import type { Digest } from '../../base/digest.ts';
import { isDctError } from '../../base/errors.ts';
import type { Blob } from '../../registry/index.ts';
import type { Subject } from '../operations/decision.ts';
import type { Exchange } from '../serve/exchange.ts';
import { blobHeaders, sendPart, sendWhole, type BlobAnswer } from './blob-answer.ts';
import type { FlightHead } from './flight.ts';
import type { Place } from './store.ts';
import { isWhole, requestedRange } from './range.ts';

/** One request for a blob. */
export interface BlobRequest {
  readonly place: Place;
  readonly digest: Digest;
  readonly exchange: Exchange;
  /** Told at once where the content comes from, so that a transfer that fails has it in its record as well. */
  readonly subject: Pick<Subject, 'cache'>;
}

/**
 * Sends a blob to the client. Parts are sent of verified content only: what is not in the cache is fetched and verified whole
 * first, and without a cache the whole is sent (BL-09, RFC 9110 14.2). Wrong content destroys the connection even when it was
 * noticed before the first byte left; after other failures `exchange.begun` tells whether an error can still be answered.
 * @throws CONTENT_MISMATCH, CACHED_CONTENT_WRONG, HTTP_TOO_OLD and what `Registry.blob` and `Blob.deliver` throw
 */
export async function serveBlob(request: BlobRequest): Promise<BlobAnswer> {
  const { place, exchange } = request;
  const { cache } = place.store;
  try {
    if (cache === undefined) return await serveAlone(request);
    return (await serveCached(request)) ?? (await serveShared(request, cache));
  } catch (error) {
    if (isDctError(error) && error.family === 'trust') exchange.cut();
    throw error;
  }
}

/**
 * Answers HEAD: with the size of verified content, or else with the size that the registry announces. That is a hint: nobody
 * has hashed the blob yet. A client that relies on it gets a body of exactly this size that matches, or no complete body
 * (BL-10).
 * @throws what `Registry.blobSize` throws
 */
export async function announceBlob(request: BlobRequest): Promise<void> {
  const { place, digest, exchange, subject } = request;
  const parts = place.store.cache !== undefined;
  const proven = await fromCache(request, async (blob) => {
    await blob.verify(() => exchange.signal.throwIfAborted());
    return blob.size;
  });
  if (proven !== undefined) subject.cache = 'hit';
  const size = proven ?? (await place.registry.blobSize(place.repository, digest, exchange.signal));
  exchange.send(200, blobHeaders(digest, size, parts), undefined);
}

function serveCached(request: BlobRequest): Promise<BlobAnswer | undefined> {
  const { exchange } = request;
  const range = rangeOf(request);
  return fromCache(request, async (blob) => {
    request.subject.cache = 'hit';
    return range === undefined ? sendWhole(blob, exchange, true) : sendPart(blob, range, exchange);
  });
}

/** Undefined when the cache has nothing, or has nothing right and nothing of it was sent. */
async function fromCache<T>(
  { place, digest, exchange }: BlobRequest,
  use: (blob: CachedBlob) => Promise<T>,
): Promise<T | undefined> {
  const blob = await place.store.open(place, digest, exchange.signal);
  if (blob === undefined) return undefined;
  try {
    return await use(blob);
  } catch (error) {
    if (isDctError(error, 'CACHED_CONTENT_WRONG', 'DISK') && !exchange.begun) return undefined;
    throw error;
  } finally {
    await blob.close();
  }
}

async function serveShared(request: BlobRequest, cache: BlobCache): Promise<BlobAnswer> {
  const { place, digest, exchange, subject } = request;
  const { signal } = exchange;
  const { flight, joined } = place.store.board(cache, place, digest);
  const range = rangeOf(request);
  const waits = range !== undefined && !isWhole(range);
  const passenger = flight.board(waits ? Infinity : 0);
  subject.cache = joined ? 'joined' : 'miss';
  // Without this, who leaves before the head comes would be waited for.
  const leave = (): void => flight.leave(passenger);
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (joined) await askLeave(request);
    let head: FlightHead | undefined;
    try {
      head = await flight.head;
    } catch (error) {
      // It went with the account of whoever began it; the next one goes with ours, or with that of somebody else.
      if (joined && place.asks === 'always' && isAboutAccount(error))
        return await serveShared(request, cache);
      throw error;
    }
    if (head === undefined) return await serveAlone(request, flight.takeAlone());
    if (!waits) {
      const deliver: Blob['deliver'] = (onChunk) => flight.read(passenger, onChunk, signal);
      try {
        return await sendWhole({ digest, size: head.size, deliver }, exchange, true);
      } catch (error) {
        if (!isDctError(error, 'DISK') || exchange.begun) throw error;
        // What came before us cannot be read again (CA-02).
        leave();
        return await serveAlone(request);
      }
    }
    const kept = await flight.kept(signal);
    return (kept ? await serveCached(request) : undefined) ?? (await serveAlone(request));
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

/** A transfer that somebody else began with their own rights is no answer for us (CA-08). */
async function askLeave({ place, digest, exchange }: BlobRequest): Promise<void> {
  if (place.asks === 'always') await place.registry.blobSize(place.repository, digest, exchange.signal);
}

/** True for what a registry may say to one account and not to another. */
function isAboutAccount(error: unknown): boolean {
  if (isDctError(error, 'SERVER_ERROR')) return error.facts.status === 429;
  return isDctError(error) && error.family === 'registry';
}

/** A transfer for this client alone: nothing is written anywhere. */
async function serveAlone({ place, digest, exchange }: BlobRequest, begun?: Blob): Promise<BlobAnswer> {
  const { signal } = exchange;
  const blob = begun ?? (await place.registry.blob(place.repository, digest, signal));
  const cancel = (): void => blob.cancel();
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', cancel, { once: true });
    return await sendWhole(blob, exchange, place.store.cache !== undefined);
  } catch (error) {
    blob.cancel();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function rangeOf({ digest, exchange }: BlobRequest): ReturnType<typeof requestedRange> {
  return requestedRange(exchange.request.headers, `"${digest}"`);
}
