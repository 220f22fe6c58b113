// The root of trust: first contact, pins, rotation, and what happens when the trusted root is gone (RT-*, ADR 0002 and ADR 0009).
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import type { Pin } from '../../src/tuf-client/index.ts';
import {
  makeKeys,
  makeRootKey,
  type ListedKey,
  type SimulatedRepository,
} from '../support/notary-simulator.ts';
import {
  cachePath,
  expectRefusal,
  expectRefusalThenRecovery,
  gun,
  ledgerPath,
  makeRig,
  otherGun,
  trustedRig,
  versionsOf,
} from './support.ts';

const pinOf = (...keys: readonly ListedKey[]): Pin => ({ pattern: gun, keys: keys.map(({ id }) => id) });

describe('first contact', () => {
  test('RT-01: refused for those who do not trust on first use, naming the key', async () => {
    const rig = makeRig({ firstUse: 'refuse' });
    const repository = await rig.server.repository(gun);
    await expectRefusal(rig, 'UNKNOWN_GUN', { gun, rootKeys: repository.base.root.keys[0]?.id ?? '' });
    expect(rig.files.contents.size).toBe(0);
  });

  test('RT-02: accepted on first use, said and recorded; the second update is no first contact', async () => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    const trustedSince = {
      at: rig.server.clock.time,
      how: 'first-use',
      rootKeys: [repository.base.root.keys[0]?.id],
    };
    expect(await rig.client.update(gun)).toMatchObject({ firstContact: true, trustedSince });
    rig.server.clock.advance(1000);
    expect(await rig.client.update(gun)).toMatchObject({ firstContact: false, trustedSince });
  });

  test('who refuses unknown repositories accepts what this machine trusts already', async () => {
    const rig = await trustedRig();
    const proxy = rig.withOptions({ firstUse: 'refuse' });
    await expect(proxy.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'first-use' } });
    rig.files.contents.delete(ledgerPath());
    await expect(proxy.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'cache' } });
  });

  test('nothing there', async () => {
    await expectRefusal(makeRig(), 'NO_TRUST_DATA', { gun });
  });
});

describe('pins', () => {
  test('a pinned key is trusted without first use, by its certificate or by its bare key', async () => {
    const root = await makeRootKey(gun);
    for (const id of [root.id, root.signer.keyId]) {
      const rig = makeRig({ firstUse: 'refuse', pins: [{ pattern: gun, keys: [id] }] });
      await rig.server.repository(gun, { keys: { root: [root] } });
      await expect(rig.client.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'pin' } });
    }
  });

  test('RT-03: another key', async () => {
    const rig = makeRig({ pins: [pinOf(await makeRootKey(gun))] });
    await rig.server.repository(gun);
    const { facts } = await expectRefusal(rig, 'PIN_MISMATCH', { gun });
    // There is no more to say than that it is another: no authority was asked.
    expect(Object.keys(facts)).toEqual(['gun', 'offered', 'pin']);
  });

  test('RT-04: the pinned key is listed, but only the other one signed', async () => {
    const [pinned, other] = [await makeRootKey(gun), await makeRootKey(gun)];
    const rig = makeRig({ pins: [pinOf(pinned)] });
    const repository = await rig.server.repository(gun, { keys: { root: [pinned, other] } });
    repository.base.root.signedBy = [other];
    repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'THRESHOLD', { role: 'root', needed: 1, valid: 0 });
  });

  test('RT-05: pinned keys must meet the threshold by themselves', async () => {
    const [pinned, other] = [await makeRootKey(gun), await makeRootKey(gun)];
    const options = { keys: { root: [pinned, other] }, thresholds: { root: 2 } };
    const rig = makeRig({ pins: [pinOf(pinned)] });
    await rig.server.repository(gun, options);
    await expectRefusal(rig, 'THRESHOLD', { role: 'root', needed: 2, valid: 1 });
    const both = rig.withOptions({ pins: [pinOf(pinned, other)] });
    await expect(both.update(gun)).resolves.toBeDefined();
  });

  test('RT-29: a rotation to a key that is not pinned', async () => {
    const pinned = await makeRootKey(gun);
    const rig = makeRig({ pins: [pinOf(pinned)] });
    const repository = await rig.server.repository(gun, { keys: { root: [pinned] } });
    await rig.client.update(gun);
    const honest = repository.saved();
    repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    await expectRefusalThenRecovery(rig, 'PIN_MISMATCH', honest);
  });

  test('a pin that comes later holds for the root that is trusted already', async () => {
    const rig = await trustedRig();
    rig.client = rig.withOptions({ pins: [pinOf(await makeRootKey(gun))] });
    await expectRefusal(rig, 'PIN_MISMATCH');
  });

  const prefix = (pattern: string, key: ListedKey): Pin => ({ ...pinOf(key), pattern });
  test('RT-14: the exact pin, then the longest prefix that ends at a slash, in any order', async () => {
    const [right, wrong] = [await makeRootKey(gun), await makeRootKey(gun)];
    const cases: readonly (readonly Pin[])[] = [
      [prefix('registry.test:5000/*', wrong), prefix(gun, right)],
      [prefix('registry.test:5000/*', wrong), prefix('registry.test:5000/team/*', right)],
      [prefix('registry.test:5000/te*', wrong), prefix('registry.test:5000/*', right)],
      [prefix('registry.test:5000/team/ap', wrong), prefix('registry.test:5000/team/*', right)],
      [prefix('*', wrong), prefix(gun, right)],
    ];
    for (const pins of [...cases, ...cases.map((pair) => pair.toReversed())]) {
      const rig = makeRig({ pins, firstUse: 'refuse' });
      await rig.server.repository(gun, { keys: { root: [right] } });
      await expect(rig.client.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'pin' } });
    }
  });
});

describe('rotation', () => {
  test('RT-16, RT-18: every step is walked, in order', async () => {
    const rig = await trustedRig();
    for (let i = 0; i < 4; i++) rig.repository.rotateRoot([await makeRootKey(gun)]);
    rig.repository.publishSnapshot();
    rig.server.takeRequests();
    expect(versionsOf(await rig.client.update(gun)).root).toBe(5);
    expect(rig.server.takeRequests().slice(0, 5)).toEqual([2, 3, 4, 5, 6].map((n) => `${n}.root.json`));
  });

  const steps: readonly (readonly [
    string,
    string,
    (old: ListedKey, next: ListedKey) => readonly ListedKey[],
  ])[] = [
    ['only by the old key', 'THRESHOLD', (old) => [old]],
    ['only by the new key (RT-15)', 'ROOT_ROTATION', (_old, next) => [next]],
    ['by nobody', 'THRESHOLD', () => []],
    ['by a stranger', 'THRESHOLD', () => makeKeys(1)],
    [
      'by the new key in the name of the old one',
      'ROOT_ROTATION',
      (old, next) => [next, { ...next, id: old.id }],
    ],
  ];
  test.each(steps)('RT-17: signed %s', async (_what, code, signers) => {
    const rig = await trustedRig();
    const { root } = rig.repository.base;
    const honest = rig.repository.saved();
    const [old, next] = [root.keys[0] as ListedKey, await makeRootKey(gun)];
    root.signedBy = signers(old, next);
    rig.repository.rotateRoot([next]).publishSnapshot();
    await expectRefusalThenRecovery(rig, code as 'THRESHOLD', honest);
  });

  test('the old threshold counts too', async () => {
    const keys = [await makeRootKey(gun), await makeRootKey(gun)];
    const rig = await trustedRig({ keys: { root: keys }, thresholds: { root: 2 } });
    const { root } = rig.repository.base;
    const next = await makeRootKey(gun);
    root.threshold = 1;
    root.signedBy = [keys[0] as ListedKey, next];
    rig.repository.rotateRoot([next]).publishSnapshot();
    await expectRefusal(rig, 'ROOT_ROTATION', { from: 1, to: 2 });
  });

  test.each([1, 3, 7, 2 ** 31])('RT-19: 2.root.json says version %d', async (version) => {
    const rig = await trustedRig();
    const honest = rig.repository.saved();
    rig.repository.base.root.edit = (body) => ({ ...body, version });
    rig.repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    await expectRefusalThenRecovery(rig, 'ROOT_GAP', honest, { gun, expected: 2 });
  });

  test('RT-20: the versions in between are missing', async () => {
    const rig = await trustedRig();
    const honest = rig.repository.saved();
    rig.repository.base.root.version = 8;
    rig.repository.publishRoot().publishSnapshot();
    await expectRefusalThenRecovery(rig, 'ROOT_GAP', honest, { expected: 2 });
  });

  test('RT-21: a chain without end is left', async () => {
    const rig = await trustedRig();
    for (let i = 0; i < 300; i++) rig.repository.publishRoot();
    rig.server.takeRequests();
    await expectRefusal(rig, 'LIMIT', { limit: 'rootSteps' });
    expect(rig.server.takeRequests().length).toBeLessThanOrEqual(257);
  });

  test('RT-22, RT-23: expiry counts for the last root only', async () => {
    const rig = await trustedRig();
    const { root } = rig.repository.base;
    const { expires } = root;
    root.expires = rig.server.clock.time;
    rig.repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'EXPIRED', { role: 'root' });
    root.expires = expires;
    rig.repository.publishRoot().publishSnapshot();
    expect(versionsOf(await rig.client.update(gun)).root).toBe(3);
  });

  test('RT-24, RB-14: the snapshot names another root of the same version', async () => {
    const rig = await trustedRig();
    const fork = rig.repository.fork();
    fork.base.root.version = 0;
    fork.base.root.expires += 1000;
    rig.server.serve(fork.publishRoot().publishSnapshot());
    await expectRefusalThenRecovery(rig, 'ROOT_GAP', () => rig.server.serve(rig.repository));
  });
});

describe('RT-25: the structure of a root', () => {
  type Body = Record<string, JsonValue>;
  const roles = (body: Body): Record<string, Body> => body['roles'] as Record<string, Body>;
  const timestamp = (body: Body, change: Body): Body => {
    return { ...body, roles: { ...roles(body), timestamp: { ...roles(body)['timestamp'], ...change } } };
  };
  const edits: readonly (readonly [string, (body: Body) => JsonValue])[] = [
    ['no timestamp role', (b) => ({ ...b, roles: { ...roles(b), timestamp: null } })],
    ['no roles', (b) => ({ ...b, roles: {} })],
    ['roles as a list', (b) => ({ ...b, roles: [] })],
    ['threshold 0', (b) => timestamp(b, { threshold: 0 })],
    ['threshold -1', (b) => timestamp(b, { threshold: -1 })],
    ['threshold "1"', (b) => timestamp(b, { threshold: '1' })],
    ['no threshold', (b) => timestamp(b, { threshold: null })],
    ['no key ids', (b) => timestamp(b, { keyids: [] })],
    ['an unknown key id', (b) => timestamp(b, { keyids: ['0'.repeat(64)] })],
    ['keys as null', (b) => ({ ...b, keys: null })],
    ['a role in another case beside it', (b) => ({ ...b, Roles: b['roles'] as JsonValue })],
  ];
  test.each(edits)('%s', async (_what, edit) => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.base.root.edit = edit;
    repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'MALFORMED');
  });

  test('further roles and unused keys are passed over; consistent_snapshot changes nothing (RT-30)', async () => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.base.root.edit = (b) => ({
      ...b,
      consistent_snapshot: true,
      roles: { ...roles(b), mirrors: { keyids: [], threshold: 0 } },
    });
    repository.publishRoot().publishSnapshot();
    await expect(rig.client.update(gun)).resolves.toBeDefined();
  });

  test('RT-26: one key for all roles', async () => {
    const root = [await makeRootKey(gun)];
    const rig = makeRig();
    await rig.server.repository(gun, { keys: { root, targets: root, snapshot: root, timestamp: root } });
    await expect(rig.client.update(gun)).resolves.toBeDefined();
  });
});

describe('RT-27: a trusted root on disk that cannot be used is never replaced by trusting anew', () => {
  const damages: readonly (readonly [string, string, (bytes: Buffer) => Buffer])[] = [
    ['empty', 'CACHE_CORRUPT', () => Buffer.alloc(0)],
    ['cut off', 'CACHE_CORRUPT', (bytes) => bytes.subarray(0, -20)],
    [
      'changed',
      'CACHE_CORRUPT',
      (bytes) => Buffer.from(bytes.toString().replace('"version":1', '"version":2')),
    ],
    ['another kind of file', 'CACHE_CORRUPT', () => Buffer.from('{}')],
  ];
  test.each(damages)('%s', async (_what, code, damage) => {
    const rig = await trustedRig();
    const bytes = Buffer.from(rig.files.contents.get(cachePath('root')) as Uint8Array);
    rig.files.contents.set(cachePath('root'), new Uint8Array(damage(bytes)));
    rig.server.takeRequests();
    await expectRefusal(rig, code as 'CACHE_CORRUPT');
    expect(rig.server.takeRequests()).toEqual([]);
  });

  test('the root of another repository', async () => {
    const rig = await trustedRig();
    const other = await rig.server.repository(otherGun);
    rig.files.contents.set(cachePath('root'), other.files.get('root.json') as Uint8Array);
    await expectRefusal(rig, 'CERTIFICATE_NAME');
  });

  test('a damaged ledger is not taken for an empty one', async () => {
    const rig = await trustedRig();
    for (const text of ['', '{}', '{"trusted":1}', '[]']) {
      rig.files.contents.set(ledgerPath(), Buffer.from(text));
      await expectRefusal(rig, 'CACHE_CORRUPT');
    }
  });
});

describe('RT-28: the cache is gone, the ledger remembers', () => {
  const loseCache = (rig: { files: { contents: Map<string, unknown> } }): void => {
    for (const name of rig.files.contents.keys())
      if (name.startsWith('tuf/')) rig.files.contents.delete(name);
  };

  test('the same root is found again by its hash, and is no first contact', async () => {
    const rig = await trustedRig();
    rig.repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    loseCache(rig);
    const trusted = await rig.client.update(gun);
    expect(trusted).toMatchObject({ firstContact: false, trustedSince: { how: 'first-use' } });
    expect(versionsOf(trusted).root).toBe(2);
  });

  const impostor = async (rig: Awaited<ReturnType<typeof trustedRig>>): Promise<SimulatedRepository> => {
    const made = await rig.server.repository(gun);
    for (let i = 0; i < 4; i++) made.rotateRoot([await makeRootKey(gun)]);
    return made.publishSnapshot();
  };

  test('a server that has the root no more is refused', async () => {
    const rig = await trustedRig();
    const honest = rig.repository.saved();
    rig.repository.files.delete('1.root.json');
    loseCache(rig);
    await expectRefusalThenRecovery(rig, 'TRUST_STATE_MISSING', honest, { rootVersion: 1 });
  });

  test('a pinned root that is newer than what is remembered needs no server', async () => {
    const rig = await trustedRig();
    const ledger = rig.files.contents.get(ledgerPath()) as Uint8Array;
    const key = await makeRootKey(gun);
    rig.repository.rotateRoot([key]).publishSnapshot();
    await rig.client.update(gun);
    rig.files.contents.set(ledgerPath(), ledger);
    rig.client = rig.withOptions({ pins: [pinOf(key)] });
    rig.server.outage();
    expect(versionsOf(await rig.client.update(gun)).root).toBe(2);
  });

  test('another root is refused', async () => {
    const rig = await trustedRig();
    await impostor(rig);
    loseCache(rig);
    await expectRefusalThenRecovery(rig, 'TRUST_STATE_MISSING', () => rig.server.serve(rig.repository), {
      rootVersion: 1,
    });
  });

  test.each([1, 3, 5])(
    'another root that some tool trusted on first use, cached at version %d, is refused',
    async (n) => {
      const rig = await trustedRig();
      const honest = new Map(rig.files.contents);
      const made = await impostor(rig);
      loseCache(rig);
      rig.files.contents.set(cachePath('root'), made.files.get(`${n}.root.json`) as Uint8Array);
      const before = rig.files.copy();
      const codes = ['TRUST_STATE_MISSING', 'SAME_VERSION_CHANGED'];
      await expect(rig.client.update(gun)).rejects.toSatisfy((e: { code: string }) => codes.includes(e.code));
      expect(rig.files.differences(before)).toEqual([]);
      expect(honest.size).toBeGreaterThan(0);
    },
  );

  test('a newer root of the same chain, cached by another tool, is followed', async () => {
    const rig = await trustedRig();
    for (let i = 0; i < 2; i++) rig.repository.rotateRoot([await makeRootKey(gun)]);
    rig.repository.publishSnapshot();
    rig.files.contents.set(cachePath('root'), rig.repository.files.get('3.root.json') as Uint8Array);
    expect(versionsOf(await rig.client.update(gun)).root).toBe(3);
  });

  test('an older root of the same chain in the cache is walked on from', async () => {
    const rig = await trustedRig();
    const older = rig.files.contents.get(cachePath('root')) as Uint8Array;
    rig.repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    await rig.client.update(gun);
    rig.files.contents.set(cachePath('root'), older);
    rig.repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    expect(versionsOf(await rig.client.update(gun)).root).toBe(3);
  });

  test('a pin vouches by itself, but versions still do not go back and the server may not forget', async () => {
    const root = await makeRootKey(gun);
    const rig = makeRig({ pins: [pinOf(root)] });
    const repository = await rig.server.repository(gun, { keys: { root: [root] } });
    const older = repository.saved();
    repository.publishRoot().publishSnapshot();
    await rig.client.update(gun);
    loseCache(rig);
    older();
    await expectRefusal(rig, 'ROLLBACK', { role: 'root', trusted: 2, offered: 1 });
    rig.server.repositories.clear();
    await expectRefusal(rig, 'TRUST_DATA_GONE', { gun });
    rig.server.serve(repository);
    repository.publishRoot().publishSnapshot();
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: false });
  });
});
