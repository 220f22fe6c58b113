// What a trust server or a signer may try, beyond what each rule's own tests have (RB, TY, NM, DG, JS).
import { beforeEach, describe, expect, test } from 'vitest';
import { JsonProblem, parseJson } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import { makeGun } from '../../src/base/reference.ts';
import { findReleased, listReleased } from '../../src/tuf-client/index.ts';
import { makeKeys, type SimulatedRepository } from '../support/notary-simulator.ts';
import { expectRefusal, gun, trustedRig, type Rig } from '../tuf-client/support.ts';
import { withinBudget } from './invariants.ts';

let rig: Rig & { readonly repository: SimulatedRepository };
let repository: SimulatedRepository;
beforeEach(async () => {
  rig = await trustedRig();
  repository = rig.repository;
});

const notSigned = expect.objectContaining({ code: 'NOT_SIGNED' }) as Error;

test.each(['root', 'targets'])('RB-13: a snapshot without %s', async (role) => {
  repository.omitted.add(role);
  repository.publishSnapshot();
  await expectRefusal(rig, 'MALFORMED');
});

describe('TY-05: one key for two roles, and a snapshot that names the file of one as that of the other', () => {
  const [alice, releases] = ['targets/alice', 'targets/releases'];

  /** The snapshot's key is in the attacker's hands; what Alice signed stands in place of the releases. */
  async function swap(aliceVersion: number, paths: readonly string[] = ['']): Promise<void> {
    const keys = makeKeys(1);
    repository.delegate(alice, keys).delegate(releases, keys, { paths });
    repository.role(releases).version = 4;
    repository.tag('v1', 'by alice alone', alice).publish('targets', releases, alice);
    await rig.client.update(gun);
    repository.role(alice).version = aliceVersion - 1;
    repository.writeTargets(alice);
    repository.store(releases, repository.current.get(alice) as Uint8Array);
    repository.publishSnapshot();
  }

  test('cannot be told apart, because no file says which delegation it is for', async () => {
    await swap(6);
    expect(findReleased(await rig.client.update(gun), 'v1').role).toBe(releases);
  });

  test('but versions still do not go back', async () => {
    await swap(3);
    await expectRefusal(rig, 'ROLLBACK', { role: releases, trusted: 5, offered: 3 });
  });

  test('and the paths of the role in whose place it stands still count', async () => {
    await swap(6, ['other']);
    const trusted = await rig.client.update(gun);
    expect(() => findReleased(trusted, 'v1')).toThrow(notSigned);
  });
});

describe('delegations', () => {
  test('DG-02: a role below the releases claims wider paths than these have', async () => {
    repository.delegate('targets/releases', makeKeys(1), { paths: ['v1'] });
    repository.delegate('targets/releases/x', makeKeys(1), { paths: [''] });
    repository.tag('latest', 'by x', 'targets/releases/x').tag('v1', 'by x', 'targets/releases/x');
    repository.publish('targets', 'targets/releases', 'targets/releases/x');
    const trusted = await rig.client.update(gun);
    expect(trusted.delegations.size).toBe(2);
    for (const tag of ['latest', 'v1']) expect(() => findReleased(trusted, tag)).toThrow(notSigned);
    expect(listReleased(trusted)).toEqual([]);
  });

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])(
    'DG-13: %s before %s, with the same tag: neither counts, and they stay in the order of their declaration',
    async (first, second) => {
      for (const name of [first, second])
        repository.delegate(`targets/${name}`, makeKeys(1)).tag('v1', `by ${name}`, `targets/${name}`);
      repository.publish('targets', 'targets/b', 'targets/a');
      for (let i = 0; i < 2; i++) {
        const trusted = await rig.client.update(gun);
        expect([...trusted.delegations.keys()]).toEqual([`targets/${first}`, `targets/${second}`]);
        expect(() => findReleased(trusted, 'v1')).toThrow(notSigned);
      }
    },
  );

  // The graphs that role names allow: no cycle and no diamond, because a name has its parent in it.
  test.each<{ graph: string; published: readonly string[]; undeclared?: string; loaded: readonly string[] }>([
    { graph: 'a chain', published: ['a', 'a/b', 'a/b/c'], loaded: ['a', 'a/b', 'a/b/c'] },
    { graph: 'a tree', published: ['a', 'b', 'a/x', 'a/y', 'b/x'], loaded: ['a', 'a/x', 'a/y', 'b', 'b/x'] },
    { graph: 'an orphan', published: ['a', 'b/x'], loaded: ['a'] },
    { graph: 'nothing', published: [], loaded: [] },
  ])('$graph of delegations: every role that is reached, once', async ({ published, loaded }) => {
    const roles = published.map((name) => `targets/${name}`);
    for (const role of roles) repository.delegate(role, makeKeys(1));
    for (const role of roles) repository.writeTargets(role);
    repository.publish();
    rig.server.takeRequests();
    const trusted = await rig.client.update(gun);
    const reached = loaded.map((name) => `targets/${name}`);
    expect([...trusted.delegations.keys()]).toEqual(reached);
    expect(
      rig.server
        .takeRequests()
        .filter((name) => name.startsWith('targets/'))
        .map((name) => name.split('.')[0]),
    ).toEqual(reached);
  });
});

describe('JS-14: large documents', () => {
  test('a role that says it is larger than any is not even asked for', async () => {
    repository.base.snapshot.edit = (body) => {
      const meta = body['meta'] as Record<string, Record<string, number>>;
      return { ...body, meta: { ...meta, targets: { ...meta['targets'], length: limits.targetsBytes + 1 } } };
    };
    repository.publish();
    rig.server.takeRequests();
    await expectRefusal(rig, 'LIMIT');
    expect(rig.server.takeRequests().filter((name) => name.startsWith('targets'))).toEqual([]);
  });

  test('many names cost no more than their bytes, and one that comes twice is found among them', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `"n${i}":0`);
    const parse = (text: string): unknown => parseJson(Buffer.from(text), { numbers: 'integers' });
    await withinBudget(() => Promise.resolve(parse(`{${names.join()}}`)));
    expect(() => parse(`{${names.join()},"n99999":0}`)).toThrow(JsonProblem);
  });

  test('a long string is one string', () => {
    const text = 'x'.repeat(4 * 1024 * 1024);
    expect(parseJson(Buffer.from(`{"a":"${text}"}`), { numbers: 'integers' })).toEqual({ a: text });
  });
});

test('NM-06: repositories that differ in letter case alone do not exist, so no two share a directory', () => {
  expect(() => makeGun('registry.test', 'Team/App')).toThrow(
    expect.objectContaining({ code: 'GUN_INVALID' }) as Error,
  );
  for (const name of ['app.', 'app ', 'app:x', 'a/..', 'con|x', 'app\\x'])
    expect(() => makeGun('registry.test', name)).toThrow(
      expect.objectContaining({ code: 'GUN_INVALID' }) as Error,
    );
});
