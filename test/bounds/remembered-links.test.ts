// CA-08: the pairs of blob and repository in memory are bounded; whoever asks for more pushes the oldest ones out.
import { expect, it, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import type { Gun } from '../../src/base/reference.ts';
import { systemCalls } from '../../src/blob-cache/calls.ts';
import { SeenIn } from '../../src/blob-cache/seen.ts';

// A disk that has lost everything, and does not take anything either: what is known is known from memory.
vi.mock(import('../../src/disk/read.ts'), () => ({ readRegular: () => Promise.resolve(undefined) }));
vi.mock(import('../../src/base/limits.ts'), async (importOriginal) => {
  const { limits: real } = await importOriginal();
  return { limits: { ...real, rememberedLinks: 100 } as unknown as typeof real };
});
const noPlace = (): never => {
  throw new Error('no place for a file');
};

it('the oldest pair is forgotten when there is one too many', async () => {
  const digest = digestOf(utf8('a blob'));
  const gun = (n: number): Gun => `registry.test/app${n}` as Gun;
  const seenIn = new SeenIn('/nowhere', noPlace, systemCalls);
  const add = (n: number): Promise<void> => seenIn.add(digest, gun(n)).catch(() => undefined);
  for (let n = 0; n < limits.rememberedLinks; n++) await add(n);
  expect(await seenIn.has(digest, gun(0))).toBe(true);
  await add(limits.rememberedLinks);
  expect([await seenIn.has(digest, gun(0)), await seenIn.has(digest, gun(1))]).toEqual([false, true]);
});
