// Every answer that a registry may give to "the rest, please" (BL-08).
import { describe, expect, it } from 'vitest';
import { announcedSize, judgeContinuation } from '../../src/registry/content-range.ts';

const judge = (
  status: number,
  headers: Record<string, string>,
  offset = 40,
  size: number | undefined = 100,
): number | string => {
  const continuation = judgeContinuation({ status, headers }, offset, size);
  return 'known' in continuation ? continuation.known : continuation.problem;
};
const range = (text: string, length?: string): Record<string, string> => ({
  'content-range': text,
  ...(length !== undefined && { 'content-length': length }),
});

describe('BL-08 what continues a transfer of 100 bytes that broke after 40', () => {
  it.each([
    ['the rest', 206, range('bytes 40-99/100'), 0],
    ['the rest with its length', 206, range('bytes 40-99/100', '60'), 0],
    ['the rest of an unknown total', 206, range('bytes 40-99/*'), 0],
    ['the unit in capitals', 206, range('Bytes 40-99/100'), 0],
    ['the whole, of which 40 are known', 200, {}, 40],
    ['the whole with its length', 200, { 'content-length': '100' }, 40],
  ])('%s', (_name, status, headers, known) => {
    expect(judge(status, headers)).toBe(known);
  });

  it.each([
    ['a range that begins too early', 206, range('bytes 39-99/100')],
    ['a range that begins too late', 206, range('bytes 41-99/100')],
    ['a range from 0', 206, range('bytes 0-99/100')],
    ['a range that ends too early', 206, range('bytes 40-98/100')],
    ['a range that ends too late', 206, range('bytes 40-100/100')],
    ['another total', 206, range('bytes 40-100/101')],
    ['a length that is not that of the range', 206, range('bytes 40-99/100', '61')],
    ['no range', 206, {}],
    ['multipart/byteranges', 206, { 'content-type': 'multipart/byteranges; boundary=x' }],
    ['two ranges', 206, range('bytes 40-50/100, bytes 51-99/100')],
    ['another unit', 206, range('lines 40-99/100')],
    ['numbers beyond bounds', 206, range('bytes 40-9999999999999999/10000000000000000')],
    ['a negative number', 206, range('bytes -40-99/100')],
    ['an unsatisfied range', 416, range('bytes */100')],
    ['the whole in another length', 200, { 'content-length': '101' }],
  ])('not %s', (_name, status, headers) => {
    expect(judge(status, headers)).toBeTypeOf('string');
  });
});

describe('BL-08 when the first answer gave no length', () => {
  it.each([
    ['the range gives it', range('bytes 40-99/100'), 0],
    ['the range has to give it', range('bytes 40-99/*'), 'it came to byte 99 only'],
  ])('%s', (_name, headers, expected) => {
    expect(judgeContinuation({ status: 206, headers }, 40, undefined)).toEqual(
      typeof expected === 'number' ? { known: expected } : { problem: expected },
    );
  });

  it('and nothing has come yet, only the whole will do', () => {
    expect(judge(200, {}, 0)).toBe(0);
    expect(judge(206, range('bytes 0-99/100'), 0)).toBeTypeOf('string');
  });
});

describe('BL-12 Content-Length', () => {
  it.each([
    ['100', 100],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['100, 100', undefined],
    ['9223372036854775808', 2 ** 63],
  ])('%j', (text, size) => {
    expect(announcedSize({ headers: { 'content-length': text } })).toBe(size);
  });
});
