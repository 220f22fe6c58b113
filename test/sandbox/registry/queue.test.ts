// Work that must not overlap does not, and failures stay with whoever caused them.
import { expect, it } from 'vitest';
import { createQueue } from '../../../src/sandbox/registry/queue.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

it('runs the work of one key in order, one piece at a time', async () => {
  const queue = createQueue();
  const log: string[] = [];
  const work = (name: string, turns: number) => async (): Promise<string> => {
    log.push(`${name} begins`);
    for (let i = 0; i < turns; i++) await turn();
    log.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([
    queue('key', work('first', 3)),
    queue('key', work('second', 1)),
    queue('key', work('third', 0)),
  ]);
  expect(results).toEqual(['first', 'second', 'third']);
  expect(log).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

it('runs the work of different keys side by side', async () => {
  const queue = createQueue();
  let release: () => void = () => undefined;
  const held = queue('one', () => new Promise<void>((resolve) => (release = resolve)));
  expect(await queue('two', () => Promise.resolve('not held up'))).toBe('not held up');
  release();
  await held;
});

it('goes on after a failure, which only its own caller hears of', async () => {
  const queue = createQueue();
  const failed = queue('key', () => Promise.reject(new Error('broken')));
  const next = queue('key', () => Promise.resolve('well'));
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('well');
});
