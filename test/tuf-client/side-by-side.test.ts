// Several processes on one trust directory, and disks that fail: nothing seen is lost, nothing stored goes back (CA-10, ST-*).
import { describe, expect, test } from 'vitest';
import { forgetTrust, type NotaryStore } from '../../src/tuf-client/index.ts';
import { makeRootKey, NotarySimulator } from '../support/notary-simulator.ts';
import {
  cachePath,
  expectRefusal,
  gun,
  ledgerPath,
  makeRig,
  trustedRig,
  versionsOf,
  type Rig,
} from './support.ts';

/** A client whose next update stops before its last download, and goes on when it is told to. */
function slowClient(rig: Rig, server: NotarySimulator, stopAt: string) {
  let reached = (): void => undefined;
  let release = (): void => undefined;
  const isThere = new Promise<void>((resolve) => (reached = resolve));
  const mayGo = new Promise<void>((resolve) => (release = resolve));
  const store: NotaryStore = {
    rotateServerKey: server.rotateServerKey.bind(server),
    serverKey: server.serverKey.bind(server),
    publish: server.publish.bind(server),
    serverTime: server.serverTime.bind(server),
    download: async (name, file, maxBytes) => {
      const bytes = await server.download(name, file, maxBytes);
      if (file.role !== stopAt) return bytes;
      reached();
      await mayGo;
      return bytes;
    },
  };
  return { client: rig.withOptions({ store }), isThere, go: () => release() };
}

describe('two processes', () => {
  test('the slower one, with the older state, takes nothing back', async () => {
    const rig = await trustedRig();
    rig.repository.tag('a', 'older').publish();
    const slow = slowClient(rig, rig.server, 'targets');
    const older = slow.client.update(gun);
    await slow.isThere;
    rig.repository
      .rotateRoot([await makeRootKey(gun)])
      .tag('a', 'newer')
      .publish();
    await rig.client.update(gun);
    const before = rig.files.copy();
    slow.go();
    expect(versionsOf(await older)).toMatchObject({ root: 1, targets: 2 });
    expect(rig.files.differences(before)).toEqual([]);
    // So that an outage later on finds a cache that is not behind the ledger.
    rig.server.outage();
    expect(versionsOf(await rig.client.update(gun))).toMatchObject({ root: 2, targets: 3 });
  });

  test.each(['timestamp', 'snapshot'])(
    'the slower one is no victim of a rollback when the other has stored something newer since its %s',
    async (stopAt) => {
      const rig = await trustedRig();
      rig.repository.tag('a', 'older').publish();
      const slow = slowClient(rig, rig.server, stopAt);
      const update = slow.client.update(gun);
      await slow.isThere;
      rig.repository.tag('a', 'newer').publish();
      await rig.client.update(gun);
      slow.go();
      expect(versionsOf(await update)).toMatchObject({ targets: 3 });
    },
  );

  test('the slower one, with the newer state, adds to it', async () => {
    const rig = await trustedRig();
    const slow = slowClient(rig, rig.server, 'targets');
    const older = rig.repository.saved();
    rig.repository.publishTimestamp();
    const between = rig.repository.saved();
    rig.repository.publish();
    const newer = slow.client.update(gun);
    await slow.isThere;
    between();
    await rig.client.update(gun);
    slow.go();
    await newer;
    older();
    await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 3, offered: 1 });
  });

  test.each([1, 3])(
    'two first contacts with two servers: the first one decides (root %d)',
    async (version) => {
      const rig = makeRig();
      const honest = await rig.server.repository(gun);
      const impostor = new NotarySimulator(rig.server.clock);
      const fake = await impostor.repository(gun);
      while (fake.base.root.version < version) fake.publishRoot().publishSnapshot();
      const slow = slowClient(rig, impostor, 'targets');
      const second = slow.client.update(gun);
      await slow.isThere;
      await rig.client.update(gun);
      const before = rig.files.copy();
      slow.go();
      await expect(second).rejects.toMatchObject({ family: 'trust' });
      expect(rig.files.differences(before)).toEqual([]);
      expect(rig.files.contents.get(cachePath('root'))).toEqual(honest.files.get('root.json'));
    },
  );
});

test('RT-28: what one process forgets, another that was at work does not bring back', async () => {
  const rig = await trustedRig();
  rig.repository.publish('targets');
  const { client, isThere, go } = slowClient(rig, rig.server, 'targets');
  const slow = client.update(gun);
  await isThere;
  await forgetTrust(rig.files, gun, { root: true });
  rig.server.clock.advance(60_000);
  go();
  const { firstContact, trustedSince } = await slow;
  expect(firstContact).toBe(true);
  expect(trustedSince.at).toBe(rig.server.clock.now());
});

describe('disks that fail', () => {
  test('ST-02: a full disk costs the memory, not the answer, and says so', async () => {
    const rig = makeRig();
    await rig.server.repository(gun);
    rig.files.failWrite = () => true;
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: true });
    expect(rig.files.contents.size).toBe(0);
    expect(rig.warnings).toHaveLength(1);
  });

  test.each([ledgerPath(), ...['root', 'targets', 'snapshot', 'timestamp'].map((role) => cachePath(role))])(
    'ST-01: power lost before %s is written: the next update heals it, and no rollback gets through',
    async (path) => {
      const rig = await trustedRig();
      const older = rig.repository.saved();
      rig.repository.rotateRoot([await makeRootKey(gun)]).publish();
      const newer = rig.repository.saved();
      let isOff = false;
      rig.files.failWrite = (name) => (isOff ||= name === path);
      await rig.client.update(gun);
      rig.files.failWrite = () => false;
      newer();
      const healed = rig.files.copy();
      await expect(rig.withOptions({ files: healed }).update(gun)).resolves.toBeDefined();
      expect(healed.contents.get(cachePath('timestamp'))).toEqual(rig.repository.files.get('timestamp.json'));
      if (path === ledgerPath()) return;
      older();
      await expectRefusal(rig, 'ROLLBACK');
    },
  );
});
