// What the author refuses to sign, before anything is published, and the way out that it names.
import { describe, expect, test } from 'vitest';
import { isDctError, type DctError } from '../../../src/base/errors.ts';
import type { Change } from '../../../src/tuf-client/author/index.ts';
import { makeKeys, type ListedKey } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { alice, begin, bob, cosign, open, pair } from './bundle-support.ts';
import { owner } from './change-support.ts';

async function refusal(work: Promise<unknown>): Promise<DctError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (isDctError(error)) return error;
  throw new Error('nothing was refused');
}

const add = (name: string, keys: readonly ListedKey[], replace = false): Change => {
  return { kind: 'add-signer', name, keys: keys.map(({ key }) => key), replace };
};

describe('one key for two signers (F-083)', () => {
  test('is refused, with the name of who has it', async () => {
    const own = await owner();
    const [key] = makeKeys(1);
    await own.change(add('alice', [key as ListedKey]));
    const error = await refusal(own.preview(add('bob', [...makeKeys(1), key as ListedKey])));
    expect(error.code).toBe('SIGNER_KEY_TAKEN');
    expect(error.facts).toEqual({ gun, keyId: key?.id, signer: 'bob', other: 'targets/alice' });
    expect(own.server.publications).toHaveLength(1);
  });

  test('is no reason to refuse the same signer the key again, or to give it on when the first has another', async () => {
    const own = await owner();
    const [key, next] = [makeKeys(1), makeKeys(1)];
    await own.change(add('alice', key));
    await own.change(add('alice', key));
    await own.change(add('alice', next, true));
    await own.change(add('bob', key));
    const { targets } = await own.fresh();
    expect(targets.data.delegations.map(({ name }) => name)).toContain('targets/bob');
  });
});

describe('P-15: who has no key of a signer', () => {
  test.each<readonly [string, string | undefined, string]>([
    ['is told all signers', undefined, 'targets/alice or targets/bob'],
    ['is told the signer that was named', 'bob', 'targets/bob'],
  ])('%s, and how to become one', async (_, signer, role) => {
    const own = await owner();
    const keys = { alice: makeKeys(1), bob: makeKeys(1) };
    for (const [name, listed] of Object.entries(keys)) await own.change(add(name, listed));
    const here = await refusal(own.prepare(['1.0'], { signer }));
    expect(here).toMatchObject({ code: 'KEY_MISSING', facts: { role, becomeSigner: 'here' } });
    const listed = signer === 'bob' ? keys.bob : [...keys.alice, ...keys.bob];
    expect(here.facts['keyIds']).toBe(listed.map(({ id }) => id).join(', '));
    expect(here.next).toContain(`dct signer add --key NAME.pub NAME ${gun}`);
    const elsewhere = await refusal(own.colleague().prepare(['1.0'], { signer }));
    expect(elsewhere.facts['becomeSigner']).toBe('by the owner');
  });
});

describe('a snapshot that several keys have to sign', () => {
  const [one, two] = makeKeys(2) as [ListedKey, ListedKey];
  const shared = { keys: { snapshot: [one, two] }, thresholds: { snapshot: 2 } };

  test('by the keys that are here is signed', async () => {
    const own = await owner(shared);
    await own.sign();
    expect(own.server.publications).toEqual([['targets', 'snapshot']]);
  });

  test('by others too is refused, until the server may sign it', async () => {
    const own = await owner(shared);
    own.keys.remove(two.id);
    const error = await refusal(own.prepare());
    expect(error).toMatchObject({ code: 'SNAPSHOT_KEY_SHARED', facts: { gun, needed: 2, held: 1 } });
    expect(error.next).toContain(`dct key rotate ${gun} snapshot --server-managed`);
    await own.change({ kind: 'rotate-key', role: 'snapshot', management: 'server' });
    await own.sign();
    expect(await own.released()).toEqual(['1.0']);
  });

  test('is refused to whoever publishes a bundle without all of its keys', async () => {
    const { owner: own } = await pair(shared);
    const signed = await cosign(own.colleague(...bob), (await begin(own.colleague(...alice))).bytes);
    expect((await refusal((await open(own.colleague(one), signed)).publish())).code).toBe(
      'SNAPSHOT_KEY_SHARED',
    );
    await (await open(own, signed)).publish();
    expect(await own.released()).toEqual(['0.9', '1.0']);
  });
});
