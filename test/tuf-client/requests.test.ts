// What an update asks the server for, in which order, and what it keeps: nothing more than the workflow needs.
import { beforeEach, describe, expect, test } from 'vitest';
import { makeKeys, makeRootKey, type SimulatedRepository } from '../support/notary-simulator.ts';
import { cachePath, gun, ledgerPath, makeRig, type Rig, versionsOf } from './support.ts';

let rig: Rig;
let repository: SimulatedRepository;
beforeEach(async () => {
  rig = makeRig();
  repository = await rig.server.repository(gun);
});

const update = async (): Promise<readonly string[]> => {
  await rig.client.update(gun);
  return rig.server.takeRequests();
};

describe('requests', () => {
  test('first contact', async () => {
    expect(await update()).toEqual([
      'root.json',
      'timestamp.json',
      repository.hashName('snapshot'),
      repository.hashName('targets'),
    ]);
  });

  test('first contact with delegations: depth first, as declared, published ones only', async () => {
    repository.delegate('targets/b', makeKeys(1)).delegate('targets/a', makeKeys(1));
    repository.delegate('targets/b/c', makeKeys(1)).delegate('targets/never-published', makeKeys(1));
    repository.publish('targets', 'targets/a', 'targets/b', 'targets/b/c');
    expect(await update()).toEqual([
      'root.json',
      'timestamp.json',
      ...['snapshot', 'targets', 'targets/b', 'targets/b/c', 'targets/a'].map((role) =>
        repository.hashName(role),
      ),
    ]);
  });

  test('nothing new (P-50)', async () => {
    await update();
    expect(await update()).toEqual(['2.root.json', 'timestamp.json']);
  });

  test('only a new timestamp', async () => {
    await update();
    repository.publishTimestamp();
    expect(await update()).toEqual(['2.root.json', 'timestamp.json']);
  });

  test('a new snapshot of the same targets', async () => {
    await update();
    repository.publishSnapshot();
    expect(await update()).toEqual(['2.root.json', 'timestamp.json', repository.hashName('snapshot')]);
  });

  test('only the delegation that changed', async () => {
    repository.delegate('targets/a', makeKeys(1)).delegate('targets/b', makeKeys(1));
    repository.publish('targets', 'targets/a', 'targets/b');
    await update();
    repository.publish('targets/b');
    expect(await update()).toEqual([
      '2.root.json',
      'timestamp.json',
      repository.hashName('snapshot'),
      repository.hashName('targets/b'),
    ]);
  });

  test('a rotated root, one version after the other', async () => {
    await update();
    repository.rotateRoot([await makeRootKey(gun)]).rotateRoot([await makeRootKey(gun)]);
    repository.publishSnapshot();
    expect(await update()).toEqual([
      '2.root.json',
      '3.root.json',
      '4.root.json',
      'timestamp.json',
      repository.hashName('snapshot'),
    ]);
  });
});

describe('what is kept', () => {
  test('the exact bytes of every file, and the ledger (JS-15)', async () => {
    repository.delegate('targets/a', makeKeys(1)).publish('targets', 'targets/a');
    repository.tamper('root.json', (bytes) => Buffer.concat([bytes, Buffer.from(' \n')]));
    const served = repository.files.get('root.json');
    // The snapshot names the root by its bytes, so it has to be signed for these.
    repository.current.set('root', served as Uint8Array);
    repository.publishSnapshot();
    const trusted = await rig.client.update(gun);
    expect([...rig.files.contents.keys()].sort()).toEqual(
      [
        ledgerPath(),
        ...['root', 'timestamp', 'snapshot', 'targets', 'targets/a'].map((role) => cachePath(role)),
      ].sort(),
    );
    for (const role of ['root', 'timestamp', 'snapshot', 'targets', 'targets/a'])
      expect(rig.files.contents.get(cachePath(role))).toEqual(repository.files.get(`${role}.json`));
    expect(trusted.root.bytes).toEqual(served);
  });

  test('the ledger before any metadata, and nothing at all when nothing is new (ST-01)', async () => {
    await rig.client.update(gun);
    expect(rig.files.writes[0]).toBe(ledgerPath());
    rig.files.writes.length = 0;
    await rig.client.update(gun);
    expect(rig.files.writes).toEqual([]);
  });

  test('versions of all roles are told', async () => {
    repository.publish();
    expect(versionsOf(await rig.client.update(gun))).toEqual({
      root: 1,
      timestamp: 2,
      snapshot: 2,
      targets: 2,
    });
  });
});
