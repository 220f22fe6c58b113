// KS-08: several processes at the same key store at the same moment make one key where one is wanted, and lose none.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { always, importTexts, onDisk } from './keeper.ts';
import { answers, memoryStore } from './memory.ts';
import { passphrase, vector } from './vectors.ts';

const gun = makeGun('registry.test', 'a');
const other = makeGun('registry.test', 'b');

describe('obtaining a key', () => {
  it.each([
    ['root', undefined],
    ['targets', gun],
    ['alice', undefined],
  ] as const)('six who want a %s key at once get the same one', async (role, owner) => {
    const directory = await temporaryDirectory();
    const stores = Array.from({ length: 6 }, () => onDisk(directory).store);
    const signers = await Promise.all(stores.map((store) => store.obtain(role, owner)));
    expect(new Set(signers.map(({ keyId }) => keyId)).size).toBe(1);
    expect(await readdir(join(directory, 'private'))).toHaveLength(1);
  });

  it('the first of several is used, as Docker does', async () => {
    const { store } = memoryStore(always(passphrase));
    const ids = [(await store.create('root')).keyId, (await store.create('root')).keyId].sort();
    expect((await store.obtain('root')).keyId).toBe(ids[0]);
  });

  it('another collection has another targets key, and the same root key', async () => {
    const { store } = memoryStore(always(passphrase));
    const ids = new Set<string>();
    for (const owner of [gun, other, gun]) ids.add((await store.obtain('targets', owner)).keyId);
    for (const owner of [gun, other]) ids.add((await store.obtain('root', owner)).keyId);
    expect(ids.size).toBe(3);
  });

  it('a key that appears while a passphrase is typed is used instead', async () => {
    const first = memoryStore(always(passphrase));
    let appeared: string | undefined;
    const slow = {
      get: async () => {
        appeared ??= (await first.store.create('root')).keyId;
        return { passphrase, source: 'the test' };
      },
    };
    const second = memoryStore(slow, { files: first.files });
    expect((await second.store.obtain('root')).keyId).toBe(appeared);
    expect(await first.store.rootKeys()).toEqual([appeared]);
  });

  it('with a passphrase that does not open it fails, and makes no second one', async () => {
    const first = memoryStore(always(passphrase));
    await first.store.create('root');
    const second = memoryStore(answers('wrong'), { files: first.files });
    await expect(second.store.obtain('root')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    expect(await first.store.rootKeys()).toHaveLength(1);
  });
});

it('imports, changes and new keys at once lose nothing', async () => {
  const directory = await temporaryDirectory();
  const alice = vector('docker-alice');
  await importTexts(onDisk(directory).keeper, [alice.text]);
  const next = 'another passphrase';
  await Promise.all([
    importTexts(onDisk(directory).keeper, [vector('notary-root').text]),
    onDisk(directory, always(passphrase), always(next)).keeper.changePassphrase(alice.keyId),
    onDisk(directory).store.create('bob'),
    onDisk(directory).store.create('carol'),
    importTexts(onDisk(directory).keeper, [vector('notary-p384').text]),
  ]);
  const { keys, unreadable } = await onDisk(directory).store.survey();
  expect(unreadable).toEqual([]);
  expect(keys).toHaveLength(5);
  for (const { keyId, role } of keys)
    expect(
      (await onDisk(directory, always(role === 'alice' ? next : passphrase)).store.signer(keyId)).keyId,
    ).toBe(keyId);
});

it('of two changes at once one wins, and the other one is told', async () => {
  const directory = await temporaryDirectory();
  const alice = vector('docker-alice');
  await importTexts(onDisk(directory).keeper, [alice.text]);
  const change = (next: string) =>
    onDisk(directory, always(passphrase), always(next)).keeper.changePassphrase(alice.keyId);
  const nexts = ['the first new one', 'the second new one'];
  const outcomes = await Promise.allSettled(nexts.map(change));
  const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
  expect(outcomes[1 - won]).toMatchObject({ status: 'rejected', reason: { code: 'KEY_CHANGED' } });
  const { store } = onDisk(directory, always(nexts[won] ?? ''));
  expect((await store.signer(alice.keyId)).keyId).toBe(alice.keyId);
});
