// Delegations of any depth, witnessing and revoking: exactly what was asked for, and said when it cannot be.
import { describe, expect, test } from 'vitest';
import { isDctError } from '../../../src/base/errors.ts';
import { prepareChange, type Change } from '../../../src/tuf-client/author/index.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { dayMs, makeKeys, type ListedKey } from '../../support/notary-simulator.ts';
import { gun, versionsOf } from '../support.ts';
import { owner, summary, type Owner } from './change-support.ts';

const role = (name: string): RoleName => name as RoleName;
const publicHalves = (keys: readonly ListedKey[]) => keys.map(({ key }) => key);
const add = (
  name: string,
  keys: readonly ListedKey[],
  rest: { paths?: readonly string[]; threshold?: number; replace?: boolean } = {},
): Change => ({ kind: 'add-delegation', role: role(name), keys: publicHalves(keys), paths: [''], ...rest });
const remove = (name: string, keys: readonly ListedKey[] = [], paths: readonly string[] = []): Change => {
  return { kind: 'remove-delegation', role: role(name), keys: keys.map(({ id }) => id), paths };
};
const witness = (...names: readonly string[]): Change => ({ kind: 'witness', roles: names.map(role) });
const revoke = (...tags: readonly string[]): Change => ({ kind: 'revoke', ...(tags.length > 0 && { tags }) });

const declared = async (rig: Owner) => {
  const { targets, delegations } = await rig.fresh();
  const all = [targets, ...delegations.values()].flatMap(({ data }) => data.delegations);
  return Object.fromEntries(
    all.map(({ name, keyIds, threshold, paths }) => [name, { keyIds, threshold, paths }]),
  );
};

describe('add', () => {
  test('with paths and a threshold', async () => {
    const rig = await owner();
    const keys = makeKeys(3);
    const plan = await rig.change(add('targets/ci', keys, { paths: ['dev-', 'ci-'], threshold: 2 }));
    expect(summary(plan)).toEqual(['targets/ci: nothing -> 3/2']);
    expect(await declared(rig)).toEqual({
      'targets/ci': { keyIds: keys.map(({ id }) => id), threshold: 2, paths: ['dev-', 'ci-'] },
    });
  });

  test('more keys and paths behind those that are there; the threshold stays', async () => {
    const rig = await owner();
    const [old, next] = [makeKeys(2), makeKeys(1)];
    await rig.change(add('targets/ci', old, { paths: ['a'], threshold: 2 }));
    await rig.change(add('targets/ci', next, { paths: ['b', 'a'] }));
    const keyIds = [...old, ...next].map(({ id }) => id);
    expect(await declared(rig)).toEqual({ 'targets/ci': { keyIds, threshold: 2, paths: ['a', 'b'] } });
  });

  test('nested: below a role whose key is here, which publishes for it', async () => {
    const rig = await owner();
    const [ci] = [makeKeys(1)];
    rig.keys.add('ci', ci[0]?.signer);
    await rig.change(add('targets/ci', ci, { paths: ['ci-'] }));
    const plan = await rig.change(add('targets/ci/nightly', makeKeys(1), { paths: ['ci-night'] }));
    expect(plan.documents).toMatchObject([{ role: 'targets/ci', version: 1 }]);
    expect(Object.keys(await declared(rig))).toEqual(['targets/ci', 'targets/ci/nightly']);
    expect(await codeOfRejection(rig.change(add('targets/ci/all', makeKeys(1))))).toBe('USAGE');
  });

  test('--replace exchanges the keys in one publication', async () => {
    const rig = await owner();
    const [old, next] = [makeKeys(1), makeKeys(1)];
    await rig.change(add('targets/ci', old));
    await rig.change(add('targets/ci', next, { replace: true }));
    expect(rig.server.publications).toHaveLength(2);
    const { targets } = await rig.fresh();
    expect([...targets.data.delegationKeys.keys()]).toEqual(next.map(({ id }) => id));
  });

  test.each([
    ['below a role that nobody declares', add('targets/a/b', makeKeys(1))],
    ['with a threshold beyond its keys (SG-16)', add('targets/a', makeKeys(1), { threshold: 2 })],
    ['with no keys', add('targets/a', [])],
  ])('not %s', async (_, change) => {
    const rig = await owner();
    expect(await codeOfRejection(rig.change(change))).toBe('USAGE');
    expect(rig.server.publications).toEqual([]);
  });
});

describe('remove and purge', () => {
  test('a whole delegation goes with what is below it', async () => {
    const rig = await owner();
    const ci = makeKeys(1);
    rig.keys.add('ci', ci[0]?.signer);
    await rig.change(add('targets/ci', ci));
    await rig.change(add('targets/ci/nightly', ci));
    const plan = await rig.change(remove('targets/ci'));
    expect(summary(plan)).toEqual(['targets/ci: 1/1 -> nothing', 'targets/ci/nightly: 1/1 -> nothing']);
    expect(await declared(rig)).toEqual({});
  });

  test('some keys and paths', async () => {
    const rig = await owner();
    const keys = makeKeys(2);
    await rig.change(add('targets/ci', keys, { paths: ['a', 'b'] }));
    await rig.change(remove('targets/ci', keys.slice(0, 1), ['a']));
    const keyIds = keys.slice(1).map(({ id }) => id);
    expect(await declared(rig)).toEqual({ 'targets/ci': { keyIds, threshold: 1, paths: ['b'] } });
  });

  test.each([
    ['a delegation', remove('targets/none')],
    ['a key', remove('targets/ci', makeKeys(1))],
    ['a path', remove('targets/ci', [], ['none'])],
    ['a key to purge', { kind: 'purge-keys', keys: makeKeys(1).map(({ id }) => id) }],
  ] as const)('%s that is not there is no success (P-33)', async (_, change) => {
    const rig = await owner();
    await rig.change(add('targets/ci', makeKeys(1)));
    expect(await codeOfRejection(rig.change(change))).toBe('USAGE');
    expect(rig.server.publications).toHaveLength(1);
  });

  test('purge takes a key from everywhere; what is left without keys goes, the releases stay readable', async () => {
    const rig = await owner();
    const [alice, lost] = [makeKeys(1), makeKeys(1)];
    for (const [name, keys] of [
      ['alice', alice],
      ['lost', lost],
    ] as const)
      await rig.change({ kind: 'add-signer', name, keys: publicHalves(keys) });
    await rig.colleague(...alice).sign(['1.0']);
    await rig.change({ kind: 'purge-keys', keys: lost.map(({ id }) => id) });
    expect(Object.keys(await declared(rig))).toEqual(['targets/alice', 'targets/releases']);
    expect(await rig.released()).toEqual(['1.0']);
  });

  test('releases that nobody here can sign again are not left unreadable', async () => {
    const rig = await owner();
    const [alice, bob] = [makeKeys(1), makeKeys(1)];
    await rig.change(add('targets/releases', [...alice, ...bob]));
    await rig.colleague(...bob).sign(['1.0']);
    expect(await codeOfRejection(rig.change(remove('targets/releases', bob)))).toBe('KEY_MISSING');
    expect(await rig.released()).toEqual(['1.0']);
  });
});

describe('witness', () => {
  /** A delegation with one tag, whose key is here. */
  async function delegated() {
    const rig = await owner();
    const own = makeKeys(1);
    rig.keys.add('ci', own[0]?.signer);
    rig.repository.delegate('targets/ci', own).tag('1.0', '1.0', 'targets/ci');
    return rig;
  }

  test('a role that is fine gets a new version and a new end', async () => {
    const rig = await delegated();
    rig.repository.publish('targets', 'targets/ci');
    const before = versionsOf(await rig.fresh());
    const plan = await rig.change(witness('targets/ci', 'targets', 'root'));
    expect(plan).toMatchObject({ differences: [], remarks: [] });
    const after = versionsOf(await rig.fresh());
    for (const name of ['root', 'targets', 'targets/ci']) expect(after[name]).toBe((before[name] ?? 0) + 1);
  });

  test('an expired one is taken over with its content, which is shown', async () => {
    const rig = await delegated();
    rig.repository.role('targets/ci').expires = rig.server.clock.now() + dayMs;
    rig.repository.publish('targets', 'targets/ci');
    rig.server.clock.advance(2 * dayMs);
    expect((await rig.fresh()).unusable.has(role('targets/ci'))).toBe(true);
    const plan = await rig.change(witness('targets/ci'));
    expect(summary(plan)).toEqual(['1.0 in targets/ci: new']);
    expect(plan.remarks).toEqual([expect.stringContaining('expired')]);
    const file = (await rig.fresh()).delegations.get(role('targets/ci'));
    expect(file?.data).toMatchObject({ version: 2 });
    expect(file?.data.targets.has('1.0')).toBe(true);
  });

  test('one that a former key has signed is taken over with its content (dialect 10.5)', async () => {
    const rig = await delegated();
    rig.repository.role('targets/ci').signedBy = makeKeys(1);
    rig.repository.publish('targets', 'targets/ci');
    await rig.change(witness('targets/ci'));
    expect((await rig.fresh()).delegations.get(role('targets/ci'))?.data.targets.has('1.0')).toBe(true);
  });

  test.each(['targets/none', 'targets/ci'])('%s, which has no file, cannot be witnessed', async (name) => {
    const rig = await delegated();
    rig.repository.publish('targets');
    expect(await codeOfRejection(rig.change(witness(name)))).toBe('USAGE');
  });
});

describe('revoke', () => {
  /** Tags in the releases, in a signer's role, and left over in targets. */
  async function scattered() {
    const rig = await owner();
    const alice = makeKeys(1);
    rig.repository
      .delegate('targets/alice', alice)
      .delegate('targets/releases', alice)
      .tag('1.0', 'old')
      .tag('1.0', 'new', 'targets/alice')
      .tag('1.0', 'new', 'targets/releases')
      .tag('2.0', 'two', 'targets/releases')
      .publish('targets', 'targets/alice', 'targets/releases');
    return { ...rig, alice };
  }

  test('takes a tag out of every role, the leftover in targets too (P-05)', async () => {
    const rig = await scattered();
    rig.keys.add('alice', rig.alice[0]?.signer);
    const plan = await rig.change(revoke('1.0'));
    expect(summary(plan)).toEqual([
      '1.0 in targets: gone',
      '1.0 in targets/alice: gone',
      '1.0 in targets/releases: gone',
    ]);
    expect(plan.lostTags).toEqual(['1.0']);
    expect(await rig.released()).toEqual(['2.0']);
  });

  test('everything', async () => {
    const rig = await scattered();
    rig.keys.add('alice', rig.alice[0]?.signer);
    expect((await rig.change(revoke())).lostTags.toSorted()).toEqual(['1.0', '2.0']);
    expect(await rig.released()).toEqual([]);
  });

  test('everything does not mean what is signed while it is asked', async () => {
    const rig = await scattered();
    rig.keys.add('alice', rig.alice[0]?.signer);
    const prepared = await prepareChange(rig.author, { gun, change: revoke() });
    rig.repository.tag('3.0', 'three').publish('targets');
    await prepared.publish();
    expect(await rig.released()).toEqual(['3.0']);
  });

  test('is no success when a role that people pull from stays as it is', async () => {
    const rig = await scattered();
    const error: unknown = await rig.change(revoke('1.0')).catch((reason: unknown) => reason);
    expect(isDctError(error, 'KEY_MISSING') && error.facts['role']).toBe('targets/releases');
    expect(await rig.released()).toEqual(['1.0', '2.0']);
  });

  test('names what stays in roles of others (P-20)', async () => {
    const rig = await owner();
    const [alice, bob] = [makeKeys(1), makeKeys(1)];
    rig.repository
      .delegate('targets/bob', bob)
      .delegate('targets/releases', [...alice, ...bob])
      .tag('1.0', 'x', 'targets/bob')
      .tag('1.0', 'x', 'targets/releases')
      .publish('targets', 'targets/bob', 'targets/releases');
    rig.keys.add('alice', alice[0]?.signer);
    const plan = await rig.change(revoke('1.0'));
    expect(plan.remarks).toEqual([expect.stringContaining('targets/bob')]);
    expect(await rig.released()).toEqual([]);
  });

  test.each([[['3.0']], [[]]])('nothing to revoke is an error (F-043): %j', async (tags) => {
    const rig = await owner();
    expect(await codeOfRejection(rig.change(revoke(...tags)))).toBe('NOT_SIGNED');
  });
});
