// Signers: added, given other keys, removed, and never at the price of a repository that nobody can read.
import { describe, expect, test } from 'vitest';
import { isDctError } from '../../../src/base/errors.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeKeys, type ListedKey } from '../../support/notary-simulator.ts';
import { gun, versionsOf } from '../support.ts';
import { owner, summary, type Owner } from './change-support.ts';
import { makeAuthorRig, type AuthorRig } from './support.ts';
import { prepareChange } from '../../../src/tuf-client/author/index.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';

const publicHalves = (keys: readonly ListedKey[]) => keys.map(({ key }) => key);
const add = (name: string, keys: readonly ListedKey[], replace = false) =>
  ({ kind: 'add-signer', name, keys: publicHalves(keys), replace }) as const;
const remove = (name: string, resign = false) => ({ kind: 'remove-signer', name, resign }) as const;

/** An owner, and signers who have signed a tag of their name each, in this order. */
async function withSigners(...names: readonly string[]) {
  const rig = await owner();
  const keys = new Map<string, readonly ListedKey[]>();
  for (const name of names) {
    const own = makeKeys(1);
    keys.set(name, own);
    await rig.change(add(name, own));
  }
  for (const name of names) await rig.colleague(...(keys.get(name) ?? [])).sign([name]);
  const keyOf = (name: string): ListedKey => (keys.get(name) as readonly [ListedKey])[0];
  return { ...rig, keyOf };
}

async function declared(rig: Owner): Promise<Record<string, readonly string[]>> {
  const { targets } = await rig.fresh();
  return Object.fromEntries(targets.data.delegations.map(({ name, keyIds }) => [name, keyIds]));
}

describe('add', () => {
  test('declares the role and the releases as Docker does, and publishes targets alone (dialect 12.7)', async () => {
    const rig = await owner();
    const [alice, bob] = [makeKeys(1), makeKeys(2)];
    const plan = await rig.change(add('alice', alice));
    expect(summary(plan)).toEqual(['targets/alice: nothing -> 1/1', 'targets/releases: nothing -> 1/1']);
    await rig.change(add('bob', bob));
    expect(rig.server.publications).toEqual([['targets'], ['targets']]);
    const ids = (keys: readonly ListedKey[]): readonly string[] => keys.map(({ id }) => id);
    expect(await declared(rig)).toEqual({
      'targets/alice': ids(alice),
      'targets/releases': ids([...alice, ...bob]),
      'targets/bob': ids(bob),
    });
    const [own] = (await rig.fresh()).targets.data.delegations;
    expect(own).toMatchObject({ threshold: 1, paths: [''] });
  });

  test('again with the same key: nothing is published', async () => {
    const rig = await owner();
    const alice = makeKeys(1);
    await rig.change(add('alice', alice));
    expect(await rig.change(add('alice', alice))).toMatchObject({ documents: [], differences: [] });
    expect(rig.server.publications).toHaveLength(1);
  });

  test('a repository without trust data is created, with the signer and without a tag', async () => {
    const rig = makeAuthorRig();
    const alice = makeKeys(1);
    const prepared = await prepareChange(rig.author, { gun, change: add('alice', alice) });
    expect(prepared.plan).toMatchObject({
      initialises: true,
      newKeys: [{ role: 'root' }, { role: 'targets' }],
    });
    expect(rig.keys.created).toEqual([]);
    const plan = await prepared.publish();
    expect(plan.newKeys).toHaveLength(2);
    expect(rig.server.publications).toEqual([['root', 'targets']]);
    expect(plan.documents.map(({ role }) => role)).toEqual(['root', 'targets']);
    rig.keys.add('alice', alice[0]?.signer);
    await rig.sign();
    expect(rig.server.publications.at(-1)).toEqual(['targets/alice', 'targets/releases']);
  });

  test.each(['releases', 'Alice', 'a/b', ''])('%j is no signer', async (name) => {
    const rig = await owner();
    expect(await codeOfRejection(rig.change(add(name, makeKeys(1))))).toBe('USAGE');
    expect(rig.server.publications).toEqual([]);
  });

  test('--replace: the old key can sign nothing any more, and what was released stays', async () => {
    const rig = await withSigners('alice', 'bob');
    const next = makeKeys(1);
    await rig.change(add('bob', next, true));
    expect(await rig.released()).toEqual(['alice', 'bob']);
    expect(Object.values(await declared(rig)).flat()).not.toContain(rig.keyOf('bob').id);
    expect(await codeOfRejection(rig.colleague(rig.keyOf('bob')).sign(['late']))).toBe('KEY_MISSING');
    await rig.colleague(...next).sign(['late']);
    expect(await rig.released()).toEqual(['alice', 'bob', 'late']);
  });

  test('a wrong passphrase changes nothing', async () => {
    const rig = await owner();
    for (const { signer } of rig.keys.stored) rig.keys.locked.add(signer.keyId);
    expect(await codeOfRejection(rig.change(add('alice', makeKeys(1))))).toBe('WRONG_PASSPHRASE');
    expect(rig.server.publications).toEqual([]);
  });

  test('somebody else’s signer in between stays (PB-07)', async () => {
    const rig = await owner();
    const theirs = makeKeys(1);
    rig.server.beforePublish = () => {
      rig.server.beforePublish = () => undefined;
      rig.repository.delegate('targets/carol', theirs).delegate('targets/releases', theirs).publish();
    };
    await rig.change(add('alice', makeKeys(1)));
    expect(Object.keys(await declared(rig)).sort()).toEqual([
      'targets/alice',
      'targets/carol',
      'targets/releases',
    ]);
  });
});

describe('remove', () => {
  test('takes the keys out of both roles, whoever is asked to confirm (P-01)', async () => {
    const rig = await withSigners('bob', 'alice');
    const plan = await rig.change(remove('bob'));
    expect(plan.lostTags).toEqual([]);
    expect(await declared(rig)).toEqual({
      'targets/alice': [rig.keyOf('alice').id],
      'targets/releases': [rig.keyOf('alice').id],
    });
    expect((await rig.fresh()).targets.data.delegationKeys.has(rig.keyOf('bob').id)).toBe(false);
    expect(await rig.released()).toEqual(['alice', 'bob']);
    expect(await codeOfRejection(rig.colleague(rig.keyOf('bob')).sign(['late']))).toBe('KEY_MISSING');
  });

  test('a key that another signer has too stays in the releases', async () => {
    const rig = await owner();
    const shared = makeKeys(1);
    await rig.change(add('alice', shared));
    // As docker trust and notary would declare it.
    const keys = publicHalves(shared);
    await rig.change({ kind: 'add-delegation', role: 'targets/bot' as RoleName, keys, paths: [''] });
    await rig.change(remove('bot'));
    const [key] = shared as readonly [ListedKey];
    expect(await declared(rig)).toEqual({ 'targets/alice': [key.id], 'targets/releases': [key.id] });
  });

  test('what only this signer vouched for is named, and gone', async () => {
    const rig = await withSigners('alice', 'mallory');
    expect((await rig.preview(remove('mallory'))).lostTags).toEqual(['mallory']);
    expect(rig.server.publications).toHaveLength(4);
    const plan = await rig.change(remove('mallory'));
    expect(plan).toMatchObject({ lostTags: ['mallory'], remarks: [expect.stringContaining('own key')] });
    expect(await rig.released()).toEqual(['alice']);
    await rig.colleague(rig.keyOf('alice')).sign(['late']);
    expect(await rig.released()).toEqual(['alice', 'late']);
  });

  test('--resign: the keys that stay vouch for everything', async () => {
    const rig = await withSigners('alice', 'bob');
    rig.keys.add('alice', rig.keyOf('alice').signer);
    const plan = await rig.change(remove('bob', true));
    expect(plan.lostTags).toEqual([]);
    expect(plan.documents.map(({ role }) => role)).toEqual(['targets', 'targets/releases']);
    expect(await rig.released()).toEqual(['alice', 'bob']);
    expect((await declared(rig))['targets/releases']).toEqual([rig.keyOf('alice').id]);
  });

  test.each([
    [false, []],
    [true, ['alice']],
  ])('the last signer, --resign %j: the releases go, the owner signs (P-04)', async (resign, left) => {
    const rig = await withSigners('alice');
    const plan = await rig.change(remove('alice', resign));
    expect(plan.lostTags).toEqual(resign ? [] : ['alice']);
    expect(await declared(rig)).toEqual({});
    expect(await rig.released()).toEqual(left);
    await rig.sign(['late']);
    expect(rig.server.publications.at(-1)).toEqual(['targets']);
    expect(await rig.released()).toEqual([...left, 'late']);
  });

  test('nobody by that name', async () => {
    const rig = await withSigners('alice');
    const error: unknown = await rig.change(remove('bob')).catch((reason: unknown) => reason);
    expect(isDctError(error, 'USAGE') && error.next).toContain('alice');
  });

  test('without trust data nothing is created (P-19)', async () => {
    const rig = makeAuthorRig();
    const change = prepareChange(rig.author, { gun, change: remove('alice') });
    expect(await codeOfRejection(change)).toBe('NO_TRUST_DATA');
    expect(rig.keys.created).toEqual([]);
  });

  test('a releases role that needs more signatures than there are keys left is not published', async () => {
    const rig = await owner();
    const [alice, bob] = [makeKeys(1), makeKeys(1)];
    rig.repository
      .delegate('targets/alice', alice)
      .delegate('targets/bob', bob)
      .delegate('targets/releases', [...alice, ...bob], { threshold: 2 })
      .publish('targets', 'targets/releases');
    const before = rig.server.publications.length;
    expect(await codeOfRejection(rig.change(remove('bob')))).toBe('KEY_MISSING');
    expect(rig.server.publications).toHaveLength(before);
  });
});

describe('back again', () => {
  test('with another key: versions go on where the server is, contents begin anew (dialect 10.4)', async () => {
    const rig = await withSigners('alice', 'bob');
    await rig.colleague(rig.keyOf('bob')).sign(['bob2']);
    const before = versionsOf(await rig.fresh());
    await rig.change(remove('bob'));
    const next = makeKeys(1);
    await rig.change(add('bob', next));
    await rig.colleague(...next).sign(['bob3']);
    const after = await rig.fresh();
    expect(versionsOf(after)['targets/bob']).toBe((before['targets/bob'] ?? 0) + 1);
    expect([...(after.delegations.get('targets/bob' as never)?.data.targets.keys() ?? [])]).toEqual(['bob3']);
    expect(await rig.released()).toEqual(['alice', 'bob3']);
  });

  test('the only signer, with another key or the same: old releases do not come back (P-05)', async () => {
    for (const isSame of [false, true]) {
      const rig = await withSigners('alice');
      await rig.change(remove('alice'));
      const next = isSame ? [rig.keyOf('alice')] : makeKeys(1);
      await rig.change(add('alice', next));
      expect(await rig.released()).toEqual([]);
      await rig.colleague(...next).sign(['new']);
      expect(await rig.released()).toEqual(['new']);
    }
  });

  test('after notary forgot the role in its own snapshot: the number is asked of the server', async () => {
    const rig = await owner({ keys: { snapshot: makeKeys(1) } });
    const alice = makeKeys(1);
    await rig.change(add('alice', alice));
    const signer = (): AuthorRig => {
      const made = rig.colleague(...alice);
      for (const { signer: key, role } of rig.keys.stored)
        if (role === 'snapshot') made.keys.add(role, key, gun);
      return made;
    };
    await signer().sign(['1.0']);
    await rig.change(remove('alice'));
    rig.repository.omitted.add('targets/alice').add('targets/releases');
    rig.repository.base.snapshot.version++;
    rig.repository.publishSnapshot();
    await rig.change(add('alice', alice));
    await signer().sign(['2.0']);
    expect(versionsOf(await rig.fresh())).toMatchObject({ 'targets/alice': 2 });
    expect(await rig.released()).toEqual(['2.0']);
  });
});
