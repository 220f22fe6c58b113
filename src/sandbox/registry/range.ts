// The two ranges of the distribution API: the part of a blob that is wanted, and the part of an upload that is sent.
import type { ByteRange } from '../storage/blob-storage.ts';
import { Refusal } from './refusal.ts';

/**
 * The wanted part of `size` bytes, or undefined for the whole: no `Range`, one that is malformed, in another unit, or of
 * several parts, all of which a server may ignore (RFC 9110 14.2).
 * @throws Refusal when nothing of the range exists (RFC 9110 15.5.17)
 */
export function wantedRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  const start = first === undefined ? Math.max(0, size - Number(suffix)) : Number(first);
  const end = last === undefined ? size : Math.min(size, Number(last) + 1);
  if (first !== undefined && last !== undefined && Number(last) < Number(first)) return undefined;
  if (start >= end)
    throw new Refusal(416, 'RANGE_INVALID', `the blob has ${size} bytes`, {
      'Content-Range': `bytes */${size}`,
    });
  return { start, end };
}

/**
 * The `Content-Range` of a chunk: `FIRST-LAST` in the specification's form, or RFC 9110's with unit and total. Undefined
 * when there is none, as Docker sends it.
 * @throws Refusal
 */
export function sentRange(headers: Readonly<Record<string, string>>): ByteRange | undefined {
  const header = headers['content-range'];
  if (header === undefined) return undefined;
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim());
  const [start, end] = [Number(match?.[1]), Number(match?.[2]) + 1];
  if (match === null || end <= start)
    throw new Refusal(400, 'RANGE_INVALID', `"${header}" is not a range of bytes`);
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== end - start)
    throw new Refusal(400, 'SIZE_INVALID', 'Content-Length and Content-Range contradict each other');
  return { start, end };
}
