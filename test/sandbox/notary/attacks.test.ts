// The server turned bad: what each attack shows, what clients make of it, and that it ends.
import { beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { createNotaryStore, createTrustClient, parseServerUrl } from '../../../src/tuf-client/index.ts';
import type { AuthoringTrustClient } from '../../../src/tuf-client/types.ts';
import { sha256Hex } from '../../../src/tuf-client/trust/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { dayMs, makeKeys } from '../../support/notary-simulator.ts';
import {
  gun,
  otherGun,
  publishedOwner,
  signedOf,
  TestServer,
  transportTo,
  tuf,
  type Owner,
} from './support.ts';

let server: TestServer;
let owner: Owner;
beforeEach(async () => {
  server = new TestServer();
  owner = await publishedOwner(server);
});

/** A reader with a directory of its own, which remembers what it saw. */
function newReader(): AuthoringTrustClient {
  const transport = transportTo(server.server.handle, server.clock);
  return createTrustClient({
    store: createNotaryStore({ server: parseServerUrl('https://notary.test'), transport: () => transport }),
    files: new MemoryFiles(),
    clock: server.clock,
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    pins: [],
    firstUse: 'accept',
    exclusively: (_name, action) => action(),
  });
}

const publishNext = async (content: string): Promise<void> => {
  owner.repository.tag('1.0', content);
  expect(await server.publish(owner.next('targets'))).toMatchObject({ status: 200 });
};
const versionOf = async (role: string): Promise<number> =>
  signedOf((await server.get(`${role}.json`)).bytes).version;

describe('freeze', () => {
  it('goes on showing what there was, whatever is published, until it is restored', async () => {
    const { attacks } = server.server;
    const before = await server.served();
    expect(await attacks.freeze(gun)).toEqual({
      attack: 'freeze',
      gun,
      serves: { root: 1, targets: 1, snapshot: 1, timestamp: 1 },
    });
    await publishNext('second');
    expect({ ...(await server.served()), changefeed: '' }).toEqual({ ...before, changefeed: '' });

    expect(await attacks.restore(gun)).toEqual({ attack: 'restore', gun, ended: 'freeze' });
    expect(await versionOf('targets')).toBe(2);
    expect(await attacks.restore(gun)).toEqual({ attack: 'restore', gun });
  });

  it('FZ-01: is noticed when the timestamp has expired, because nothing is signed anew', async () => {
    const reader = newReader();
    await reader.update(gun);
    await server.server.attacks.freeze(gun);
    server.clock.advance(14 * dayMs);
    expect(await codeOfRejection(reader.update(gun))).toBe('EXPIRED');
    await server.server.attacks.restore(gun);
    expect((await reader.update(gun)).timestamp.data.version).toBe(2);
  });

  it('leaves other repositories alone', async () => {
    const other = await publishedOwner(server, { name: otherGun });
    await server.server.attacks.freeze(gun);
    await server.publish(other.next('targets'), otherGun);
    expect(signedOf((await server.get('targets.json', otherGun)).bytes).version).toBe(2);
  });

  it('ends with the process, and with the repository', async () => {
    await server.server.attacks.freeze(gun);
    await publishNext('second');
    expect(signedOf((await server.restarted().get('targets.json')).bytes).version).toBe(2);
    await server.send('DELETE', tuf());
    expect(await server.get('targets.json')).toMatchObject({ status: 404 });
  });
});

describe('rollback', () => {
  it.each([
    [1, 2],
    [2, 1],
  ])('by %i publication(s) shows everything as it was then', async (versions, shown) => {
    await publishNext('second');
    await publishNext('third');
    expect(await server.server.attacks.rollback(gun, versions)).toEqual({
      attack: 'rollback',
      gun,
      served: { root: 1, targets: 3, snapshot: 3, timestamp: 3 },
      serves: { root: 1, targets: shown, snapshot: shown, timestamp: shown },
    });
    for (const role of ['targets', 'snapshot', 'timestamp']) expect(await versionOf(role)).toBe(shown);
    expect(await server.get('3.targets.json')).toMatchObject({ status: 404 });
  });

  it('RB-01: is noticed by who saw more, and believed by who did not', async () => {
    const reader = newReader();
    await publishNext('second');
    await reader.update(gun);
    await server.server.attacks.rollback(gun);
    expect(await codeOfRejection(reader.update(gun))).toBe('ROLLBACK');
    expect((await newReader().update(gun)).targets.data.version).toBe(1);
    await server.server.attacks.restore(gun);
    expect((await reader.update(gun)).targets.data.version).toBe(2);
  });

  it('does not count what the server signed anew', async () => {
    await publishNext('second');
    server.clock.advance(14 * dayMs);
    await server.get('timestamp.json');
    const { serves } = await server.server.attacks.rollback(gun);
    expect(serves).toMatchObject({ targets: 1, timestamp: 1 });
  });
});

describe('a swapped tag', () => {
  const evil = { digest: digestOf(utf8('evil')), length: 4 };
  const entry = { sha256: sha256Hex(utf8('evil')), length: 4 };

  it('is caught by the signature of targets, and by nothing before that', async () => {
    const reader = newReader();
    await reader.update(gun);
    expect(await server.server.attacks.swapTarget(gun, '1.0', evil)).toEqual({
      ...{ attack: 'swap-tag', gun, tag: '1.0', role: 'targets' },
      before: { sha256: sha256Hex(utf8('first')), length: 5 },
      after: entry,
    });
    for (const client of [reader, newReader()])
      await expect(client.update(gun)).rejects.toMatchObject({
        code: 'THRESHOLD',
        facts: { role: 'targets', valid: 0, needed: 1 },
      });
    await server.server.attacks.restore(gun);
    expect((await reader.update(gun)).targets.data.version).toBe(1);
  });

  it('is swapped in the role that Docker reads first', async () => {
    owner.repository.delegate('targets/releases', makeKeys(1)).tag('1.0', 'released', 'targets/releases');
    await server.publish(owner.next('targets', 'targets/releases'));
    const report = await server.server.attacks.swapTarget(gun, '1.0', evil);
    expect(report).toMatchObject({ role: 'targets/releases', after: entry });
    expect(await codeOfRejection(newReader().update(gun))).toBe('THRESHOLD');
  });

  it('is followed by a truth with higher versions, or who saw it would take the truth for a rollback', async () => {
    await server.server.attacks.swapTarget(gun, '1.0', evil);
    expect([await versionOf('snapshot'), await versionOf('timestamp')]).toEqual([2, 2]);
    await server.server.attacks.restore(gun);
    expect([await versionOf('snapshot'), await versionOf('timestamp')]).toEqual([3, 3]);
    expect(await versionOf('targets')).toBe(1);
  });

  it('hides publications, which are taken all the same', async () => {
    await server.server.attacks.swapTarget(gun, '1.0', evil);
    await publishNext('second');
    expect([await versionOf('snapshot'), await versionOf('timestamp')]).toEqual([2, 2]);
    await server.server.attacks.restore(gun);
    expect(await versionOf('targets')).toBe(2);
    expect((await newReader().update(gun)).snapshot.data.version).toBe(4);
  });
});

describe('an attack is not possible', () => {
  const evil = { digest: digestOf(utf8('evil')), length: 4 };
  it.each([
    ['freeze, of a repository that is not there', (s: TestServer) => s.server.attacks.freeze(otherGun)],
    ['rollback, of one that is not there', (s: TestServer) => s.server.attacks.rollback(otherGun)],
    ['rollback, to before the first publication', (s: TestServer) => s.server.attacks.rollback(gun)],
    ['rollback, by more than there is', (s: TestServer) => s.server.attacks.rollback(gun, 7)],
    ['rollback, by nothing', (s: TestServer) => s.server.attacks.rollback(gun, 0)],
    ['rollback, into the future', (s: TestServer) => s.server.attacks.rollback(gun, -1)],
    ['swap-tag, of a tag that nobody signed', (s: TestServer) => s.server.attacks.swapTarget(gun, '9', evil)],
    [
      'swap-tag, of a name that every object has',
      (s: TestServer) => s.server.attacks.swapTarget(gun, 'constructor', evil),
    ],
  ])('%s', async (_, attack) => {
    const before = await server.served();
    expect(await codeOfRejection(attack(server))).toBe('ATTACK_IMPOSSIBLE');
    expect(await server.served()).toEqual(before);
  });

  it('swap-tag, where the owner has the snapshot key', async () => {
    await publishedOwner(server, { snapshot: 'owner', name: otherGun });
    const attack = server.server.attacks.swapTarget(otherGun, '1.0', evil);
    expect(await codeOfRejection(attack)).toBe('ATTACK_IMPOSSIBLE');
  });
});
