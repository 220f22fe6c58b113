// Whether an answer continues a transfer where it broke, and what its length fields say (RFC 9110 8.6, 14.4 and 15.3.7).
import type { HttpResponse } from '../base/ports.ts';

/** Content-Length, where the registry sent one; the HTTP parser made sure that it is one number, perhaps a huge one (BL-12). */
export function announcedSize({ headers }: Pick<HttpResponse, 'headers'>): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How many bytes at the beginning of the answer are known already, or why it cannot be used. */
export type Continuation = { readonly known: number } | { readonly problem: string };

/**
 * Judges the answer to a request for everything from `offset` on (BL-08).
 * @param size of the whole, as far as it was announced before
 */
export function judgeContinuation(
  response: Pick<HttpResponse, 'status' | 'headers'>,
  offset: number,
  size: number | undefined,
): Continuation {
  const length = announcedSize(response);
  if (response.status === 200) {
    // Servers may ignore Range. What came before is skipped unseen: the digest covers what was handed on, and nothing else.
    const isOther = length !== undefined && size !== undefined && length !== size;
    return isOther ? { problem: `its size is now ${length} instead of ${size}` } : { known: offset };
  }
  if (response.status !== 206) return { problem: `there is nothing from byte ${offset} on` };
  if (offset === 0) return { problem: 'a part came where the whole was asked for' };
  const field = response.headers['content-range'] ?? '';
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(field);
  // Without the field it is multipart/byteranges, or nothing that anybody could place.
  if (range === null) return { problem: 'it does not say which part of the blob came' };
  const [, first, last, total] = range;
  const whole = total === '*' ? size : Number(total);
  if (Number(first) !== offset) return { problem: `it came from byte ${first} instead of ${offset} on` };
  if (size !== undefined && whole !== size) return { problem: `its size is now ${total} instead of ${size}` };
  if (whole === undefined || Number(last) !== whole - 1) return { problem: `it came to byte ${last} only` };
  const isShort = length !== undefined && length !== whole - offset;
  return isShort ? { problem: 'its length contradicts the range that it claims' } : { known: 0 };
}
