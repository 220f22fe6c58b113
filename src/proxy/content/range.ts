// The part of a blob that a client asks for (RFC 9110 14): one range, or the whole where a range means nothing to us.
import type { Span } from '../../blob-cache/index.ts';

/** What was asked for, before the size is known; undefined stands for the whole. */
export type RangeRequest =
  | { readonly from: number; readonly to: number | undefined }
  /** The last so many bytes. */
  | { readonly last: number };

interface RangeHeaders {
  readonly range?: string | undefined;
  readonly 'if-range'?: string | undefined;
}

/**
 * Reads `Range`. Several ranges, other units and what does not follow the grammar are ignored, as RFC 9110 14.2 allows: then
 * the whole is sent. So are ranges that hold only for another content (`If-Range`, RFC 9110 13.1.5).
 * @param tag the entity tag of the content, a strong one
 */
export function requestedRange(headers: RangeHeaders, tag: string): RangeRequest | undefined {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== tag) return undefined;
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(headers.range ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '') return last === '' ? undefined : { last: Number(last) };
  if (last === '') return { from: Number(first), to: undefined };
  return Number(first) <= Number(last) ? { from: Number(first), to: Number(last) } : undefined;
}

/** True for a range that is the whole whatever the size is, so that the whole answers it as well. */
export function isWhole(range: RangeRequest): boolean {
  return 'from' in range && range.from === 0 && range.to === undefined;
}

/** The bytes that the range selects; undefined when it selects none (RFC 9110 14.1.1). */
export function spanOf(range: RangeRequest, size: number): Span | undefined {
  if ('last' in range) {
    return range.last === 0 || size === 0 ? undefined : { start: Math.max(0, size - range.last), end: size };
  }
  if (range.from >= size) return undefined;
  return { start: range.from, end: Math.min(size, (range.to ?? Infinity) + 1) };
}
