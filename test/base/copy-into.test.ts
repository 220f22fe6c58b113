// Copies from and into memory that threads share, at every alignment.
import { describe, expect, it } from 'vitest';
import { copyInto } from '../../src/base/bytes.ts';

const shared = (bytes: number): Buffer => Buffer.from(new SharedArrayBuffer(bytes));
const own = (bytes: number): Buffer => Buffer.alloc(bytes);

describe.each([
  ['own into own', own, own],
  ['shared into own', shared, own],
  ['own into shared', own, shared],
  ['shared into shared', shared, shared],
])('%s', (_, makeSource, makeTarget) => {
  it.each([0, 1, 7, 8, 100])('%i bytes come to their place, and nothing else changes', (length) => {
    for (const [from, at] of [
      [0, 0],
      [3, 0],
      [0, 5],
      [3, 5],
    ] as const) {
      const source = makeSource(from + length).subarray(from);
      for (let i = 0; i < length; i++) source[i] = i + 1;
      const target = makeTarget(at + length + 3);
      copyInto(target, at, source);
      expect([...target]).toEqual([...own(at), ...source, ...own(3)]);
    }
  });
});

it('what has no room is not copied', () => {
  expect(() => copyInto(own(4), 2, own(3))).toThrow(RangeError);
});
