// Sequences of keys, thresholds and signatures: the root from one version to the next, and the roles below it (RT-16, RT-17, SG-16).
import { beforeAll, describe, expect, test } from 'vitest';
import type { Code } from '../../src/base/errors.ts';
import { makeKeys, makeRootKey, type ListedKey } from '../support/notary-simulator.ts';
import { expectRefusal, gun, makeRig, versionsOf, type Rig } from '../tuf-client/support.ts';

/** One version of a role: its keys, its threshold, and who signs. Keys are numbered. */
type Step = readonly [keys: readonly number[], threshold: number, signers: readonly number[], refused?: Code];

let rootKeys: readonly ListedKey[];
const otherKeys = makeKeys(10);
beforeAll(async () => {
  rootKeys = await Promise.all(Array.from({ length: 10 }, () => makeRootKey(gun)));
});

const five = [0, 1, 2, 3, 4];
const oneChanged = [0, 1, 3, 4, 5];
const fresh = [5, 6, 7, 8, 9];

const rootSequences: Record<string, readonly Step[]> = {
  'one key follows another': [[[1], 1, [1]], [[2], 1, [1, 2]], [[2], 1, [2]]],
  'one key follows another, and strangers sign too': [[[1], 1, [1, 3]], [[2], 1, [3, 2, 1, 4]], [[2], 1, [4, 2]]],
  'the old key does not agree': [[[1], 1, [1]], [[2], 1, [2, 3, 4], 'ROOT_ROTATION']],
  'the new key does not sign': [[[1], 1, [1]], [[2], 1, [1, 3, 4], 'THRESHOLD']],
  'nobody signs': [[[1], 1, [1]], [[2], 1, [], 'THRESHOLD']],
  'three of five, other ones each time': [[five, 3, [0, 2, 4]], [five, 3, [1, 2, 3]], [five, 3, [4, 0, 1]]],
  'three of five, and then only two': [[five, 3, [0, 2, 4]], [five, 3, [1, 2], 'THRESHOLD']],
  'one of five is replaced': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 4, 1]]],
  'one of five is replaced, by two new ones and the old one': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 2, 4], 'THRESHOLD']],
  'one of five is replaced, by two old ones and the new one': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 4, 5], 'ROOT_ROTATION']],
  'one of five is replaced, in a step that both sides sign': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 2, 4, 5]], [oneChanged, 3, [0, 4, 5]]],
  'all five are replaced': [[five, 3, [0, 2, 4]], [fresh, 3, [0, 2, 4, 5, 6, 7]], [fresh, 3, [7, 8, 9]]],
  'the threshold rises, and the new one is met': [[[1, 2, 3], 1, [1]], [[1, 2, 3], 2, [1, 2]], [[1, 2, 3], 2, [2, 3]]],
  'the threshold rises, and the new one is not met': [[[1, 2, 3], 1, [1]], [[1, 2, 3], 2, [1], 'THRESHOLD']],
  'the threshold falls, and the old one is not met': [[[1, 2, 3], 2, [1, 2]], [[1, 2, 3], 1, [3], 'ROOT_ROTATION']],
  'the threshold falls, and the old one is met': [[[1, 2, 3], 2, [1, 2]], [[1, 2, 3], 1, [1, 2]], [[1, 2, 3], 1, [3]]],
}; // prettier-ignore

const otherSequences: Record<string, readonly Step[]> = {
  'one key follows another, and the old one need not sign': [[[1], 1, [1]], [[2], 1, [2]]],
  'strangers sign too': [[[1], 1, [3, 1, 4]]],
  'the new key does not sign': [[[1], 1, [1]], [[2], 1, [1, 3], 'THRESHOLD']],
  'three of five': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 4, 5]]],
  'three of five, one of them replaced': [[five, 3, [0, 2, 4]], [oneChanged, 3, [0, 2, 4], 'THRESHOLD']],
  'two are enough where two are asked for': [[five, 2, [0, 4]]],
  'all of three': [[[0, 1, 2], 3, [2, 0, 1]], [[0, 1, 2], 3, [0, 1], 'THRESHOLD']],
  'the threshold rises': [[[1, 2], 1, [2]], [[1, 2], 2, [2], 'THRESHOLD']],
  'the threshold falls': [[[1, 2], 2, [1, 2]], [[1, 2], 1, [2]]],
  'one signs twice': [[[1, 2], 2, [1, 1], 'THRESHOLD']],
  'more are needed than there are': [[[1, 2], 3, [1, 2], 'THRESHOLD']],
}; // prettier-ignore

/** Publishes step after step, and asks after each. */
async function walk(rig: Rig, steps: readonly Step[], publish: (step: Step) => void): Promise<void> {
  for (const step of steps) {
    publish(step);
    const [, , , refused] = step;
    if (refused !== undefined) await expectRefusal(rig, refused);
    else await expect(rig.client.update(gun)).resolves.toBeDefined();
  }
}

const pick = (all: readonly ListedKey[], numbers: readonly number[]): readonly ListedKey[] =>
  numbers.map((n) => all[n] as ListedKey);

describe('RT-16, RT-17: the root', () => {
  test.each(Object.entries(rootSequences))('%s', async (_what, steps) => {
    const rig = makeRig();
    const [[firstKeys, threshold, firstSigners]] = steps as readonly [Step];
    const root = pick(rootKeys, firstKeys);
    const repository = await rig.server.repository(gun, { keys: { root }, thresholds: { root: threshold } });
    expect(firstSigners.length).toBeGreaterThanOrEqual(threshold);
    await walk(rig, steps, ([keys, needed, signers]) => {
      Object.assign(repository.base.root, {
        keys: pick(rootKeys, keys),
        threshold: needed,
        signedBy: pick(rootKeys, signers),
      });
      repository.publishRoot().publishSnapshot();
    });
  });

  test('a client that slept through all of it goes the same way', async () => {
    const rig = makeRig();
    const steps = rootSequences['all five are replaced'] ?? [];
    const root = pick(rootKeys, five);
    const repository = await rig.server.repository(gun, { keys: { root }, thresholds: { root: 3 } });
    await rig.client.update(gun);
    for (const [keys, threshold, signers] of steps) {
      Object.assign(repository.base.root, {
        keys: pick(rootKeys, keys),
        threshold,
        signedBy: pick(rootKeys, signers),
      });
      repository.publishRoot().publishSnapshot();
    }
    expect(versionsOf(await rig.client.update(gun)).root).toBe(1 + steps.length);
  });
});

describe.each(['timestamp', 'snapshot', 'targets'] as const)('SG-16, SG-02: %s under a root', (role) => {
  test.each(Object.entries(otherSequences))('%s', async (_what, steps) => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    const state = role === 'targets' ? repository.top : repository.base[role];
    await walk(rig, steps, ([keys, threshold, signers]) => {
      Object.assign(state, {
        keys: pick(otherKeys, keys),
        threshold,
        signedBy: pick(otherKeys, signers),
      });
      repository.publishRoot().publish();
    });
  });
});
