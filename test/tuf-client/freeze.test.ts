// Expiry, outages, and files that do not belong together (FZ-*, MM-*, ADR 0003).
import { beforeEach, describe, expect, test } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import { dayMs, makeKeys, makeRootKey, type SimulatedRepository } from '../support/notary-simulator.ts';
import {
  cachePath,
  expectRefusal,
  expectRefusalThenRecovery,
  gun,
  ledgerPath,
  otherGun,
  trustedRig,
  versionsOf,
  type Rig,
} from './support.ts';

let rig: Rig & { readonly repository: SimulatedRepository };
let repository: SimulatedRepository;
beforeEach(async () => {
  rig = await trustedRig();
  repository = rig.repository;
});

describe('FZ-01, FZ-02: expiry, to the millisecond', () => {
  const roles = {
    timestamp: (r: SimulatedRepository) => r.base.timestamp,
    snapshot: (r: SimulatedRepository) => r.base.snapshot,
    targets: (r: SimulatedRepository) => r.top,
  };
  test.each(Object.entries(roles))('%s', async (role, state) => {
    const honest = repository.saved();
    for (const ago of [1000, 0]) {
      state(repository).expires = rig.server.clock.time - ago;
      repository.publish();
      await expectRefusal(rig, 'EXPIRED', { role });
    }
    honest();
    await rig.client.update(gun);
    state(repository).expires = rig.server.clock.time + 1;
    repository.publish();
    await expect(rig.client.update(gun)).resolves.toBeDefined();
  });

  test('the time is read once for one update', async () => {
    let readings = 0;
    const clock = { now: () => rig.server.clock.time + 30 * dayMs * readings++ };
    await expect(rig.withOptions({ clock }).update(gun)).resolves.toBeDefined();
    expect(readings).toBe(1);
  });
});

describe('FZ-07: forms of a point in time', () => {
  test.each(['2040-01-01T00:00:00+00:00', '2040-01-01T00:00:00.123456789Z', '9999-12-31T23:59:59Z'])(
    '%s is one',
    async (expires) => {
      repository.base.timestamp.edit = (body) => ({ ...body, expires });
      repository.publishTimestamp();
      await expect(rig.client.update(gun)).resolves.toBeDefined();
    },
  );

  test.each([
    '2040-01-01T00:00:00',
    '2040-01-01',
    '2040-01-01 00:00:00Z',
    '2040-01-01T00:00:00z',
    '2040-01-01T00:00:60Z',
    '2040-02-30T00:00:00Z',
    '292277026597-01-01T00:00:00Z',
    '',
    2208988800,
    null,
  ])('%j is none', async (expires) => {
    const honest = repository.saved();
    repository.base.timestamp.edit = (body) => ({ ...body, expires });
    repository.publishTimestamp();
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });
});

describe('FZ-04: only an outage is answered from the cache', () => {
  const origin = 'https://notary.test';
  const outages = [
    new DctError('UNREACHABLE', { origin, problem: 'refused' }),
    new DctError('TIMEOUT', { origin, phase: 'response head', seconds: 10 }),
    new DctError('CUT_OFF', { origin, problem: 'reset' }),
    new DctError('SERVER_ERROR', { url: origin, status: 500 }),
  ];
  test.each(outages)(
    '$code: accepted until the timestamp expires, and not a moment longer',
    async (fault) => {
      rig.server.outage(fault);
      const before = rig.files.copy();
      expect(await rig.client.update(gun)).toMatchObject({ origin: 'cache' });
      rig.server.clock.time = repository.base.timestamp.expires - 1;
      expect(await rig.client.update(gun)).toMatchObject({ origin: 'cache' });
      rig.server.clock.advance(1);
      await expectRefusal(rig, 'EXPIRED', { role: 'timestamp' });
      expect(rig.files.differences(before)).toEqual([]);
      rig.server.recover();
      repository.base.timestamp.expires += dayMs;
      repository.publishTimestamp();
      expect(await rig.client.update(gun)).toMatchObject({ origin: 'server' });
    },
  );

  test.each([
    new DctError('TLS', { origin, problem: 'unknown authority' }),
    new DctError('ACCESS_DENIED', { url: origin, status: 401, user: 'nobody' }),
    new DctError('NOT_METADATA', { url: origin, problem: 'HTML' }),
    new DctError('HTTP_INVALID', { origin, problem: 'two lengths' }),
    new DctError('LIMIT', { what: 'root metadata', limit: 'rootBytes', bound: 1 }),
  ])('$code is an answer', async (fault) => {
    rig.server.outage(fault);
    await expectRefusalThenRecovery(rig, fault.code, () => rig.server.recover());
  });

  test.each(outages)('$code without a cache is what it is', async (fault) => {
    rig.files.contents.clear();
    rig.server.outage(fault);
    await expectRefusal(rig, fault.code);
  });

  const failing = (file: string, fault: DctError): void => {
    rig.server.beforeDownload = (name) => {
      if (name.startsWith(file)) throw fault;
    };
  };

  test('an answer to the timestamp alone is one, too', async () => {
    failing('timestamp', new DctError('ACCESS_DENIED', { url: origin, status: 401, user: 'nobody' }));
    await expectRefusal(rig, 'ACCESS_DENIED');
  });

  test.each(['timestamp', 'snapshot', 'targets'])(
    'without %s in the cache an outage of the timestamp is one, whatever else the server gives out',
    async (role) => {
      rig.files.contents.delete(cachePath(role));
      failing('timestamp', outages[0] as DctError);
      await expectRefusal(rig, 'UNREACHABLE');
    },
  );

  test('a cache whose snapshot is ahead of its root is one that needs the server', async () => {
    const root = rig.files.contents.get(cachePath('root')) as Uint8Array;
    repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    await rig.client.update(gun);
    rig.files.contents.set(cachePath('root'), root);
    rig.files.contents.delete(ledgerPath());
    rig.server.outage();
    await expectRefusal(rig, 'UNREACHABLE');
  });

  test('a timestamp got through, the snapshot did not: nothing is mixed', async () => {
    repository.publish();
    rig.server.beforeDownload = (name) => {
      if (name.startsWith('snapshot')) throw outages[0] as DctError;
    };
    const before = rig.files.copy();
    const { origin: from, timestamp } = await rig.client.update(gun);
    expect([from, timestamp.data.version]).toEqual(['cache', 1]);
    expect(rig.files.differences(before)).toEqual([]);
  });

  test('FZ-05: "not found" where there was something is no outage', async () => {
    rig.server.repositories.clear();
    await expectRefusalThenRecovery(rig, 'TRUST_DATA_GONE', () => rig.server.serve(repository), {
      gun,
      role: 'timestamp',
    });
  });
});

describe('mix and match', () => {
  test.each([
    ['MM-01', 'snapshot'],
    ['MM-02', 'targets'],
  ])('%s: %s of another state of the same repository', async (_id, role) => {
    const fork = repository.fork();
    fork.tag('a', 'other content of the same length!').publish();
    repository.tag('a', 'other content of the same length?').publish();
    const honest = repository.saved();
    repository.tamper(repository.hashName(role), () => fork.current.get(role) as Uint8Array);
    await expectRefusalThenRecovery(rig, 'CONTENT_MISMATCH', honest, { what: `${role} metadata` });
  });

  test('ED-02: bytes beyond the signed length', async () => {
    repository.publish();
    const honest = repository.saved();
    repository.tamper(repository.hashName('targets'), (bytes) => Buffer.concat([bytes, Buffer.from(' ')]));
    await expectRefusal(rig, 'LIMIT');
    honest();
    repository.tamper(repository.hashName('targets'), (bytes) => bytes.subarray(1));
    await expectRefusalThenRecovery(rig, 'CONTENT_MISMATCH', honest, { property: 'length' });
  });

  test('MM-01: a sha512 counts where it is named, and is not missed where it is not', async () => {
    const namesOnly = (hashes: Record<string, string>) => (body: Record<string, JsonValue>) => {
      const { snapshot } = body['meta'] as Record<string, { hashes: Record<string, string>; length: number }>;
      const { sha256 = '' } = snapshot?.hashes ?? {};
      return { ...body, meta: { snapshot: { ...snapshot, hashes: { sha256, ...hashes } } } } as JsonValue;
    };
    repository.base.timestamp.edit = namesOnly({});
    repository.publish();
    expect(versionsOf(await rig.client.update(gun))).toMatchObject({ snapshot: 2 });
    const honest = repository.saved();
    repository.base.timestamp.edit = namesOnly({ sha512: Buffer.alloc(64).toString('base64') });
    repository.publish();
    await expectRefusalThenRecovery(rig, 'CONTENT_MISMATCH', honest, { property: 'sha512' });
  });

  test.each([
    [1, 'LIMIT'],
    [0, 'CONTENT_MISMATCH'],
  ] as const)('JS-14: a snapshot of a signed length %d beyond the bound', async (excess, code) => {
    const honest = repository.saved();
    repository.base.timestamp.edit = (body) => {
      const { snapshot } = body['meta'] as Record<string, Record<string, JsonValue>>;
      return { ...body, meta: { snapshot: { ...snapshot, length: limits.snapshotBytes + excess } } };
    };
    repository.publish();
    await expectRefusalThenRecovery(rig, code, honest);
  });

  test('MM-03: all files of another repository of the same owner', async () => {
    const other = await rig.server.repository(otherGun, { keys: { targets: repository.top.keys } });
    const files = repository.files;
    repository.files = other.files;
    await expectRefusalThenRecovery(rig, 'THRESHOLD', () => (repository.files = files), {
      role: 'timestamp',
    });
  });

  test('MM-04: releases and targets exchanged, signed by the same key', async () => {
    repository.delegate('targets/releases', repository.top.keys).publish('targets', 'targets/releases');
    const [a, b] = [repository.hashName('targets'), repository.hashName('targets/releases')];
    const [first, second] = [repository.files.get(a), repository.files.get(b)] as [Uint8Array, Uint8Array];
    const honest = repository.saved();
    repository.tamper(a, () => second.slice());
    repository.tamper(b, () => first.slice());
    await expectRefusalThenRecovery(rig, 'CONTENT_MISMATCH', honest);
  });

  test('MM-05: somebody publishes between two downloads: once more from the beginning', async () => {
    repository.publish();
    let raced = false;
    rig.server.beforeDownload = (name) => {
      if (raced || !name.startsWith('targets')) return;
      raced = true;
      repository.files.delete(name);
      repository.publish();
    };
    expect(versionsOf(await rig.client.update(gun))).toMatchObject({ targets: 3, snapshot: 3, timestamp: 3 });
  });

  test('DG-09: a file that stays away is asked for twice, and not for ever', async () => {
    repository.delegate('targets/a', makeKeys(1)).publish('targets', 'targets/a');
    const honest = repository.saved();
    repository.drop('targets/a');
    rig.server.takeRequests();
    await expectRefusalThenRecovery(rig, 'ROLE_MISSING', honest, { role: 'targets/a' });
    const asked = rig.server.takeRequests().filter((name) => name.startsWith('targets/a'));
    expect(asked).toHaveLength(3); // twice in vain, once after the recovery
  });
});
