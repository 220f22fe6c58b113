// What a machine remembers, and what comes of it when that is lost, set back, or of another repository than the server's (RB-08, RT-15, CA-13).
import { beforeEach, describe, expect, test } from 'vitest';
import { checkLeastVersions, leastVersions } from '../../src/cli/least-versions.ts';
import { makeKeys, makeRootKey, type SimulatedRepository } from '../support/notary-simulator.ts';
import {
  cachePath,
  expectRefusal,
  gun,
  ledgerPath,
  trustedRig,
  versionsOf,
  type Rig,
} from '../tuf-client/support.ts';

let rig: Rig & { readonly repository: SimulatedRepository };
let repository: SimulatedRepository;
beforeEach(async () => {
  rig = await trustedRig();
  repository = rig.repository;
});

describe('RB-08: a machine that remembers nothing', () => {
  /** A new machine, with these files of the old one. */
  function freshMachine(keep: (name: string) => boolean): void {
    for (const name of rig.files.contents.keys()) if (!keep(name)) rig.files.contents.delete(name);
  }

  /** Versions 2 were seen; the server shows versions 1 again, under a fresh timestamp. */
  async function rollBack(): Promise<void> {
    const old = repository.fork();
    repository.tag('latest', 'new').publish();
    await rig.client.update(gun);
    Object.assign(old.base.snapshot, { version: 5 });
    old.base.timestamp.version = 5;
    rig.server.serve(old.publishSnapshot());
  }

  test('believes an older state: nothing in it says that there was a newer one', async () => {
    await rollBack();
    freshMachine(() => false);
    expect(versionsOf(await rig.client.update(gun))).toMatchObject({ targets: 1 });
  });

  test.each([
    ['only the ledger', (name: string) => name === ledgerPath()],
    ['only the cache', (name: string) => name.startsWith('tuf/')],
  ])('refuses it when %s is brought along', async (_what, keep) => {
    await rollBack();
    freshMachine(keep);
    await expectRefusal(rig, 'ROLLBACK', { role: 'targets', trusted: 2, offered: 1 });
  });
});

describe('RB-08: versions that are asked for by hand, with --min-version', () => {
  const check = async (...minVersion: readonly string[]): Promise<void> => {
    checkLeastVersions(await rig.client.update(gun), leastVersions({ minVersion }));
  };

  test.each(['root=1', 'timestamp=2', 'snapshot=2', 'targets=2', 'targets/a=1'])(
    '%s is there',
    async (text) => {
      repository.delegate('targets/a', makeKeys(1)).publish('targets', 'targets/a');
      await expect(check(text, 'root=1')).resolves.toBeUndefined();
    },
  );

  test.each([
    ['root=2', 1],
    ['timestamp=2', 1],
    ['snapshot=9007199254740991', 1],
    ['targets=12', 1],
    ['targets/a=1', 0],
  ])('%s is not', async (text, offered) => {
    const [role = '', version] = text.split('=');
    const facts = { role, trusted: Number(version), offered };
    await expect(check('root=1', text)).rejects.toMatchObject({ code: 'ROLLBACK', facts });
  });

  test.each([
    'targets',
    'targets=',
    'targets=0',
    'targets=01',
    'targets=-1',
    'targets=1.5',
    'other=1',
    '=1',
    'root=1e3',
    'root=9007199254740993',
    '',
  ])('"%s" says nothing that can be checked', async (text) => {
    await expect(check(text)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('RT-15: the repository was deleted, and begun anew with other keys', () => {
  const wayOut = `dct forget ${gun} --root`;
  const beginAnew = (): Promise<SimulatedRepository> => rig.server.repository(gun);

  test('its timestamps begin at 1 again', async () => {
    repository.publishTimestamp();
    await rig.client.update(gun);
    await beginAnew();
    const error = await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 2, offered: 1 });
    expect(error.next).toContain(wayOut);
  });

  test.each([
    ['the same versions', 0, 'timestamp'],
    ['later timestamps', 5, 'snapshot'],
  ])('%s as before', async (_what, timestamps, role) => {
    const anew = await beginAnew();
    for (let i = 0; i < timestamps; i++) anew.publishTimestamp();
    expect((await expectRefusal(rig, 'SAME_VERSION_CHANGED', { role })).next).toContain(wayOut);
  });

  test('later versions of everything but the root', async () => {
    const anew = await beginAnew();
    anew.publish();
    expect((await expectRefusal(rig, 'ROOT_GAP')).next).toContain(wayOut);
  });

  test('and a root more than there was before', async () => {
    (await beginAnew()).rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    expect((await expectRefusal(rig, 'ROOT_ROTATION', { from: 1, to: 2 })).next).toContain(wayOut);
  });
});

describe('CA-13: the cache is set back by hand to an older state that verifies', () => {
  const setBack = async (): Promise<void> => {
    const older = new Map(rig.files.contents);
    repository.tag('latest', 'new').publish();
    await rig.client.update(gun);
    for (const role of ['timestamp', 'snapshot', 'targets'])
      rig.files.contents.set(cachePath(role), older.get(cachePath(role)) as Uint8Array);
  };

  test('the server helps: refused', async () => {
    const older = repository.saved();
    await setBack();
    older();
    await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 2, offered: 1 });
  });

  test('nobody answers: refused all the same', async () => {
    await setBack();
    rig.server.outage();
    await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 2, offered: 1 });
  });

  test('the server is honest: put right', async () => {
    await setBack();
    expect(versionsOf(await rig.client.update(gun))).toMatchObject({ timestamp: 2, snapshot: 2, targets: 2 });
    expect(
      Buffer.from(rig.files.contents.get(cachePath('targets')) ?? []).equals(
        repository.current.get('targets') as Uint8Array,
      ),
    ).toBe(true);
  });
});
