// Publishing while the server, another writer or a crash works against it: what is published, and what never is.
import { describe, expect, test } from 'vitest';
import { codeOfRejection } from '../../support/code-of.ts';
import { dayMs, makeKeys } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { owner, type Owner } from './change-support.ts';

async function signed(): Promise<Owner> {
  const rig = await owner();
  await rig.sign(['1.0']);
  return rig;
}

describe('PB-04: a server asked for a new key', () => {
  const roles = [
    ['timestamp', 'snapshot'],
    ['snapshot', 'timestamp'],
  ] as const;

  test.each(roles)('offers the old %s key: refused, and nothing is published', async (role) => {
    const rig = await signed();
    rig.server.rotateServerKey = (name, asked) => rig.server.serverKey(name, asked);
    expect(await codeOfRejection(rig.change({ kind: 'rotate-key', role }))).toBe('SERVER_KEY_REFUSED');
    expect(rig.server.publications).toHaveLength(1);
    expect(await rig.released()).toEqual(['1.0']);
  });

  test.each(roles)('offers as its %s key the one of %s: told', async (role, other) => {
    const rig = await signed();
    const key = rig.server.serverSigner(gun, other);
    rig.server.serverSigner = () => key;
    rig.server.rotateServerKey = () => Promise.resolve(key.key);
    const { remarks } = await rig.change({ kind: 'rotate-key', role });
    expect(remarks).toEqual([`the new ${role} key is the ${other} key as well`]);
    expect(await rig.released()).toEqual(['1.0']);
  });

  test('a key of its own is no remark', async () => {
    const rig = await signed();
    expect((await rig.change({ kind: 'rotate-key', role: 'timestamp' })).remarks).toEqual([]);
  });
});

describe('PB-08: death after the publication, before it is noted here', () => {
  test('the next run takes what is published for its own, and has nothing to do', async () => {
    const rig = await signed();
    const before = rig.files.copy();
    await rig.sign(['2.0']);
    rig.files.contents.clear();
    for (const [path, bytes] of before.contents) rig.files.contents.set(path, bytes);
    expect(await rig.released()).toEqual(['1.0', '2.0']);
    expect((await rig.sign(['2.0'])).plan.documents).toEqual([]);
    await rig.sign(['3.0']);
    expect(await rig.released()).toEqual(['1.0', '2.0', '3.0']);
  });
});

describe('PB-09: death between preparation and publication', () => {
  test('leaves nothing that a later command would publish, here or on the server', async () => {
    const rig = await signed();
    const before = rig.files.copy();
    await rig.prepare(['never']);
    expect(rig.files.differences(before)).toEqual([]);
    expect(rig.server.publications).toHaveLength(1);
    await rig.sign(['2.0']);
    expect(await rig.released()).toEqual(['1.0', '2.0']);
  });
});

describe('PB-13: the ends of roles', () => {
  /** Alice signs; bob's role and the root are a month from their ends. */
  async function nearTheEnd(): Promise<Owner & { readonly alice: ReturnType<Owner['colleague']> }> {
    const rig = await owner();
    const [alice, bob] = [makeKeys(1), makeKeys(1)];
    const soon = rig.server.clock.now() + 30 * dayMs;
    rig.repository.delegate('targets/alice', alice).delegate('targets/bob', bob);
    rig.repository.delegate('targets/releases', alice);
    rig.repository.role('targets/bob').expires = soon;
    rig.repository.base.root.expires = soon;
    rig.repository.publishRoot().publish('targets', 'targets/alice', 'targets/bob', 'targets/releases');
    return { ...rig, alice: rig.colleague(...alice) };
  }

  test('of others are left as they are, byte for byte', async () => {
    const { alice, ...rig } = await nearTheEnd();
    const bobs = 'targets/bob' as never;
    const before = await rig.fresh();
    await alice.sign(['1.0']);
    const after = await rig.fresh();
    expect(after.delegations.get(bobs)?.bytes).toEqual(before.delegations.get(bobs)?.bytes);
    for (const role of ['root', 'targets'] as const) expect(after[role].bytes).toEqual(before[role].bytes);
  });

  test('of one’s own begin anew', async () => {
    const { alice, ...rig } = await nearTheEnd();
    await alice.sign(['1.0']);
    const ends = (await rig.fresh()).delegations.get('targets/alice' as never)?.data.expires.epochMs;
    expect(ends).toBe(rig.server.clock.now() + 3 * 365 * dayMs);
  });
});
