// Reads small bodies whole: bounded in bytes and in time.
import { DctError } from '../base/errors.ts';
import { limits, type LimitName } from '../base/limits.ts';
import type { HttpResponse } from '../base/ports.ts';

/**
 * The whole body, at most `maxBytes` of it; gives the connection up as soon as there is more (ED-01, ED-04).
 * @param what names the document in errors
 * @throws LIMIT; TIMEOUT when the whole takes longer than `deadlineMs` (ED-05); CUT_OFF
 */
export async function readBounded(
  response: HttpResponse,
  maxBytes: number,
  what: string,
  limitName: LimitName,
  deadlineMs: number = limits.metadataBodyMs,
): Promise<Uint8Array> {
  const tooLarge = (): DctError => new DctError('LIMIT', { what, limit: limitName, bound: maxBytes });
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.body.cancel();
    throw tooLarge();
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  let late: DctError | undefined;
  const timer = setTimeout(() => {
    late = new DctError('TIMEOUT', {
      origin: what,
      phase: 'reading the whole answer',
      seconds: deadlineMs / 1000,
    });
    response.body.cancel();
  }, deadlineMs);
  try {
    await response.body.deliver((chunk) => {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge();
      parts.push(Uint8Array.from(chunk));
    });
  } catch (error) {
    throw late ?? error;
  } finally {
    clearTimeout(timer);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Reads a short body away so that its connection can serve again, and gives a long or broken one up. */
export async function discard(response: HttpResponse): Promise<void> {
  try {
    await readBounded(
      response,
      limits.errorBodyBytes,
      'an answer nobody reads',
      'errorBodyBytes',
      limits.connectMs,
    );
  } catch {
    // Whatever is wrong with a body that is thrown away changes nothing.
    response.body.cancel();
  }
}
