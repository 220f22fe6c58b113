// Expiry and outages (FZ-*, ADR 0003).
import { beforeEach, describe, expect, test } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { dayMs, makeRootKey, type SimulatedRepository } from '../support/notary-simulator.ts';
import {
  cachePath,
  expectRefusal,
  expectRefusalThenRecovery,
  gun,
  ledgerPath,
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

  test('whoever did not answer for the root is asked nothing more, so that nothing newer is mixed with it', async () => {
    repository.publish();
    rig.server.beforeDownload = (name) => {
      if (name === '2.root.json') throw new DctError('TIMEOUT', { origin, phase: 'connecting', seconds: 10 });
    };
    rig.server.takeRequests();
    const trusted = await rig.client.update(gun);
    expect({ ...versionsOf(trusted), origin: trusted.origin }).toMatchObject({
      timestamp: 1,
      origin: 'cache',
    });
    expect(rig.server.takeRequests()).toEqual(['2.root.json']);
  });

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
