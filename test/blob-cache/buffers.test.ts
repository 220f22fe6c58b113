// Buffers of streams: large while there are few, small for crowds, and the same ones again.
import { expect, it, onTestFinished } from 'vitest';
import { giveBuffer, takeBuffer } from '../../src/blob-cache/index.ts';

const [large, small] = [1024 * 1024, 256 * 1024];

function take(count: number): readonly Buffer[] {
  return Array.from({ length: count }, () => takeBuffer());
}

const sizes = (buffers: readonly Buffer[]): readonly number[] => [
  ...new Set(buffers.map(({ byteLength }) => byteLength)),
];

it('a few are large, those of a crowd are small, and large ones come back when the crowd has gone', () => {
  const few = take(32);
  const crowd = take(200);
  expect(sizes(few)).toEqual([large]);
  expect(sizes(crowd)).toEqual([small]);
  for (const buffer of [...few, ...crowd]) giveBuffer(buffer);
  const later = take(32);
  onTestFinished(() => later.forEach(giveBuffer));
  expect(sizes(later)).toEqual([large]);
  expect(later.slice(0, 16).every((buffer) => few.includes(buffer))).toBe(true);
});

it('no two users have the same one', () => {
  const buffers = take(100);
  onTestFinished(() => buffers.forEach(giveBuffer));
  expect(new Set(buffers.map(({ buffer }) => buffer)).size).toBe(100);
});
