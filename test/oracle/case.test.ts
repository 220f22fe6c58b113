// The generator of cases: reproducible by seed, complete, and honest where it says so.
import { beforeAll, describe, expect, test } from 'vitest';
import { MemoryFiles } from '../support/memory-files.ts';
import { makeCase, mutations } from './case.ts';
import { makeHistory, type History } from './history.ts';
import { ourVerdict } from './our-verdict.ts';
import { accepted, compare, refused } from './verdict.ts';

let history: History;
beforeAll(() => {
  history = makeHistory(Math.floor(Date.now() / 1000) * 1000);
});
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

test('one seed makes the same case every time', () => {
  const again = makeHistory(Math.floor(Date.now() / 1000) * 1000);
  for (const seed of seeds.slice(0, 50))
    expect(makeCase(again, seed).description).toBe(makeCase(history, seed).description);
});

test('the cases use every mutation, and leave the history as it is', () => {
  const before = new Map(history.newest.files);
  const used = new Set(seeds.flatMap((seed) => makeCase(history, seed).mutations));
  expect([...used].sort()).toEqual(mutations.map(({ name }) => name).sort());
  expect(history.newest.files).toEqual(before);
});

test('a case without a mutation is an honest repository', async () => {
  const honest = seeds
    .slice(0, 150)
    .map((seed) => makeCase(history, seed))
    .filter(({ mutations: [...names] }) => names.every((name) => name === 'nothing'));
  expect(honest).not.toEqual([]);
  for (const { repository } of honest) {
    const { accepted: isAccepted, tags } = await ourVerdict(new MemoryFiles(), repository);
    expect(isAccepted).toBe(true);
    expect(tags).toContainEqual(expect.stringMatching(/^1\.2 targets\/releases [0-9a-f]{64} \d+$/u));
  }
});

describe('verdicts compared', () => {
  const [one, two] = ['1.0 targets aa 1', '2.0 targets bb 2'];
  test.each([
    ['both believe the same', accepted([one, two]), accepted([two, one]), 'agreed'],
    ['both refuse', refused('EXPIRED'), refused('fatal'), 'agreed'],
    ['only we refuse', refused('EXPIRED'), accepted([one]), 'stricter'],
    ['we believe less', accepted([one]), accepted([one, two]), 'stricter'],
    ['only notary refuses', accepted([one]), refused('fatal'), 'looser'],
    ['only notary refuses, and there are no tags', accepted([]), refused('fatal'), 'looser'],
    ['we believe more', accepted([one, two]), accepted([one]), 'looser'],
    ['we believe something else', accepted([one]), accepted([two]), 'looser'],
  ] as const)('%s', (_what, ours, notarys, comparison) => {
    expect(compare(ours, notarys)).toBe(comparison);
  });
});
