// Ctrl-C while the doctor pulls: the runtime's program ends as well, and nothing is concluded from that.
import { expect, it } from 'vitest';
import { drill, examineOwn } from '../../src/cli/doctor/examine.ts';
import type { Pulled, Puller, Runtime } from '../../src/cli/doctor/runtime.ts';
import { codeOfRejection } from '../support/code-of.ts';

const stopped: Pulled = { arrived: false, digests: [], said: 'canceled' };
const images = [
  { name: 'r.test/app:1', kind: 'unsigned' as const, signed: undefined },
  { name: 'r.test/app:2', kind: 'unsigned' as const, signed: undefined },
];
const run = (): Promise<undefined> => Promise.resolve(undefined);
const ground = {
  registry: 'r.test',
  proxy: 'http://127.0.0.1:1',
  images,
  askedByTag: () => [],
  leave: () => Promise.resolve(),
};

it.each([
  ['a drill', (runtime: Runtime, signal: AbortSignal) => drill(run, runtime, ground, '/', signal)],
  ['own images', (runtime: Runtime, signal: AbortSignal) => examineOwn(run, runtime, images, '/', signal)],
])('%s: proves nothing, pulls nothing more and tidies up', async (_what, examine) => {
  const interruption = new AbortController();
  const deeds: string[] = [];
  const puller: Puller = {
    pull: (image) => {
      deeds.push(image);
      interruption.abort();
      return Promise.resolve(stopped);
    },
    clear: () => Promise.resolve(void deeds.push('cleared')),
  };
  const runtime: Runtime = {
    name: 'podman',
    find: () => Promise.resolve('podman'),
    drill: () => Promise.resolve(puller),
    own: () => puller,
  };
  expect(await codeOfRejection(examine(runtime, interruption.signal))).toBe('INTERRUPTED');
  expect(deeds).toEqual(['r.test/app:1', 'cleared']);
});
