// Work side by side: how much of it at once, and what one failure means for the rest.
import { describe, expect, it } from 'vitest';
import { sideBySide } from '../../src/cli/side-by-side.ts';

describe('side by side', () => {
  it.each([
    [0, 4, 0],
    [1, 4, 1],
    [3, 4, 3],
    [9, 4, 4],
    [9, 1, 1],
  ])('%i pieces of work, %i at once: %i run together at most', async (count, atOnce, most) => {
    let running = 0;
    let seen = 0;
    const items = Array.from({ length: count }, (_, i) => i);
    const outcomes = await sideBySide(items, atOnce, async (item) => {
      seen = Math.max(seen, ++running);
      for (let turn = 0; turn < 10 - item; turn++) await Promise.resolve();
      running--;
      return item;
    });
    expect(seen).toBe(most);
    expect(outcomes).toEqual(items.map((value) => ({ status: 'fulfilled', value })));
  });

  it('a failure is the outcome of its own piece, and of no other', async () => {
    const problem = new Error('no');
    const outcomes = await sideBySide([1, 2, 3], 2, (item) =>
      item === 2 ? Promise.reject(problem) : Promise.resolve(item),
    );
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: problem },
      { status: 'fulfilled', value: 3 },
    ]);
  });
});
