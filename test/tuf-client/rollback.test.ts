// Rollback and fast forward: versions never go back, whatever happened to the cache (RB-*, FF-*, ADR 0005 and ADR 0011).
import { beforeEach, describe, expect, test } from 'vitest';
import { findReleased, type TrustedRepository } from '../../src/tuf-client/index.ts';
import { dayMs, makeKeys, type ListedKey, type SimulatedRepository } from '../support/notary-simulator.ts';
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

const update = (): Promise<TrustedRepository> => rig.client.update(gun);

describe('what was seen is remembered in two places, and each of them is enough', () => {
  const losses: readonly (readonly [string, (role: string) => void])[] = [
    ['nothing lost', () => undefined],
    ['the cached file lost (RB-07)', (role) => void rig.files.contents.delete(cachePath(role))],
    [
      'the cached file damaged',
      (role) => void rig.files.contents.set(cachePath(role), Buffer.from('{"signed"')),
    ],
    ['the ledger lost', () => void rig.files.contents.delete(ledgerPath())],
  ];

  describe.each(losses)('%s', (_what, lose) => {
    test('RB-01: an older timestamp', async () => {
      const older = repository.saved();
      repository.publishTimestamp();
      const newer = repository.saved();
      await update();
      older();
      lose('timestamp');
      const facts = { gun, role: 'timestamp', trusted: 2, offered: 1 };
      await expectRefusalThenRecovery(rig, 'ROLLBACK', newer, facts);
    });

    test('RB-02: an older timestamp, after the one seen has expired', async () => {
      const fork = repository.fork();
      repository.publishTimestamp();
      await update();
      rig.server.clock.advance(15 * dayMs);
      fork.base.timestamp.version = 0;
      fork.base.timestamp.expires += 30 * dayMs;
      rig.server.serve(fork.publishTimestamp());
      lose('timestamp');
      await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 2, offered: 1 });
    });

    test('RB-03: another timestamp of the same version', async () => {
      const fork = repository.fork();
      fork.base.timestamp.version--;
      fork.base.timestamp.expires += 1000;
      rig.server.serve(fork.publishTimestamp());
      lose('timestamp');
      const honest = () => rig.server.serve(repository);
      await expectRefusalThenRecovery(rig, 'SAME_VERSION_CHANGED', honest, { role: 'timestamp', version: 1 });
    });

    test('RB-04: a newer timestamp over an older snapshot', async () => {
      repository.publishSnapshot();
      await update();
      const fork = repository.fork();
      fork.base.snapshot.version = 0;
      rig.server.serve(fork.publishSnapshot());
      lose('snapshot');
      const facts = { role: 'snapshot', trusted: 2, offered: 1 };
      await expectRefusalThenRecovery(rig, 'ROLLBACK', () => rig.server.serve(repository), facts);
    });

    test('RB-05: a newer snapshot over older targets', async () => {
      const old = repository.current.get('targets') as Uint8Array;
      repository.tag('latest', 'new').publish();
      await update();
      const fork = repository.fork();
      fork.store('targets', old);
      rig.server.serve(fork.publishSnapshot());
      lose('targets');
      const facts = { role: 'targets', trusted: 2, offered: 1 };
      await expectRefusalThenRecovery(rig, 'ROLLBACK', () => rig.server.serve(repository), facts);
    });

    test.each(['targets/releases', 'targets/a', 'targets/a/b'])('RB-06: older %s', async (role) => {
      repository.delegate('targets/releases', makeKeys(1)).delegate('targets/a', makeKeys(1));
      repository.delegate('targets/a/b', makeKeys(1));
      repository.publish('targets', 'targets/releases', 'targets/a', 'targets/a/b');
      const old = repository.current.get(role) as Uint8Array;
      repository.publish(role);
      await update();
      const fork = repository.fork();
      fork.store(role, old);
      rig.server.serve(fork.publishSnapshot());
      lose(role);
      const facts = { role, trusted: 2, offered: 1 };
      await expectRefusalThenRecovery(rig, 'ROLLBACK', () => rig.server.serve(repository), facts);
    });
  });
});

describe('delegations that go', () => {
  const declareReleases = async (): Promise<void> => {
    repository.tag('latest', 'old');
    repository.delegate('targets/releases', makeKeys(1)).tag('latest', 'new', 'targets/releases');
    repository.publish('targets', 'targets/releases');
    await update();
  };

  test('RB-09: releases are still delegated, but gone from the snapshot', async () => {
    await declareReleases();
    repository.omitted.add('targets/releases');
    repository.publishSnapshot();
    const recover = (): void => {
      repository.omitted.clear();
      repository.publishSnapshot();
    };
    const after = await expectRefusalThenRecovery(rig, 'ROLE_REMOVED', recover, {
      gun,
      role: 'targets/releases',
    });
    expect(findReleased(after, 'latest').role).toBe('targets/releases');
  });

  test('RB-09: also while the targets keys are rotated, which forgets versions but not that releases exist', async () => {
    await declareReleases();
    const [old] = repository.top.keys as [ListedKey];
    repository.top.keys = makeKeys(1);
    expect(repository.top.keys[0]?.id).not.toBe(old.id);
    repository.publishRoot();
    repository.omitted.add('targets/releases');
    repository.publish();
    await expectRefusal(rig, 'ROLE_REMOVED', { role: 'targets/releases' });
  });

  test('RB-09: also when only the cache of another tool remembers them', async () => {
    await declareReleases();
    rig.files.contents.delete(ledgerPath());
    repository.omitted.add('targets/releases');
    repository.publishSnapshot();
    await expectRefusal(rig, 'ROLE_REMOVED', { role: 'targets/releases' });
  });

  test('RB-10: withdrawn by their owner', async () => {
    await declareReleases();
    const releases = repository.role('targets/releases');
    repository.delegations.delete('targets/releases');
    repository.publish();
    const after = await update();
    expect(findReleased(after, 'latest').role).toBe('targets');

    // Declared again: nothing published yet is honest, the old content is not.
    repository.delegations.set('targets/releases', releases);
    repository.omitted.add('targets/releases');
    repository.publish();
    expect((await update()).delegations.size).toBe(0);
    repository.omitted.clear();
    releases.version = 0;
    repository.publish('targets/releases');
    await expectRefusal(rig, 'SAME_VERSION_CHANGED', { role: 'targets/releases' });
    repository.publish('targets/releases');
    expect(versionsOf(await update())).toMatchObject({ 'targets/releases': 2 });
  });

  test('RB-09: another delegation that goes is unusable, and stays so', async () => {
    repository.delegate('targets/a', makeKeys(1)).publish('targets', 'targets/a');
    await update();
    repository.omitted.add('targets/a');
    repository.publishSnapshot();
    for (let i = 0; i < 2; i++)
      expect((await update()).unusable.get('targets/a' as never)).toMatchObject({ code: 'ROLE_REMOVED' });
  });

  test('RB-09: what stands below an unusable delegation is not taken for withdrawn', async () => {
    repository.delegate('targets/a', makeKeys(1)).delegate('targets/a/b', makeKeys(1));
    repository.publish('targets', 'targets/a', 'targets/a/b');
    await update();
    const { expires } = repository.role('targets/a');
    repository.role('targets/a').expires = rig.server.clock.time;
    repository.publish('targets/a');
    expect([...(await update()).unusable.keys()]).toEqual(['targets/a']);
    repository.role('targets/a').expires = expires;
    repository.omitted.add('targets/a/b');
    repository.publish('targets/a');
    expect((await update()).unusable.get('targets/a/b' as never)).toMatchObject({ code: 'ROLE_REMOVED' });
  });
});

describe('RB-11: releases that cannot be used refuse everything', () => {
  test.each([
    [
      'expired',
      'EXPIRED',
      (): void => void (repository.role('targets/releases').expires = rig.server.clock.time),
    ],
    [
      'under-signed',
      'THRESHOLD',
      (): void => void (repository.role('targets/releases').signedBy = makeKeys(1)),
    ],
  ] as const)('%s', async (_what, code, spoil) => {
    repository
      .tag('latest', 'old')
      .delegate('targets/releases', makeKeys(1))
      .publish('targets', 'targets/releases');
    await update();
    const honest = repository.saved();
    spoil();
    repository.publish('targets/releases');
    await expectRefusalThenRecovery(rig, code, honest, { role: 'targets/releases' });
  });
});

describe('fast forward', () => {
  const huge = Number.MAX_SAFE_INTEGER;

  test.each([
    ['timestamp', (r: SimulatedRepository): void => void (r.base.timestamp.version = huge - 1)],
    ['snapshot', (r: SimulatedRepository): void => void (r.base.snapshot.version = huge - 1)],
    ['targets', (r: SimulatedRepository): void => void (r.top.version = huge - 1)],
  ] as const)('FF-01: the largest safe version of %s is accepted', async (role, forward) => {
    forward(repository);
    repository.publish();
    expect(versionsOf(await update())[role]).toBe(huge);
  });

  test.each([
    '2147483648.5',
    '9007199254740992',
    '9223372036854775808',
    '1e400',
    '1e2',
    '1.0',
    '-1',
    '0',
    '-0',
    '"5"',
    'null',
  ])('FF-01: version %s is no version', async (text) => {
    const honest = repository.saved();
    repository.tamper('timestamp.json', (bytes) =>
      Buffer.from(Buffer.from(bytes).toString('utf8').replace('"version":1', `"version":${text}`)),
    );
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  const forwardAll = async (): Promise<void> => {
    const { snapshot, timestamp } = repository.base;
    repository.delegate('targets/a', makeKeys(1));
    for (const state of [snapshot, timestamp, repository.top, repository.role('targets/a')])
      state.version = 1000;
    repository.publish('targets', 'targets/a');
    await update();
  };

  /** New keys for one role in a new root; snapshot and timestamp begin anew. */
  const restartServerRoles = (role: 'snapshot' | 'timestamp'): void => {
    repository.base[role].keys = makeKeys(1);
    repository.base.snapshot.version = 0;
    repository.base.timestamp.version = 0;
    repository.publishRoot().publishSnapshot();
  };

  test.each(['snapshot', 'timestamp'] as const)(
    'FF-02: a new %s key in a verified root starts snapshot and timestamp anew, in the same run',
    async (role) => {
      await forwardAll();
      restartServerRoles(role);
      expect(versionsOf(await update())).toMatchObject({ root: 2, snapshot: 1, timestamp: 1, targets: 1001 });
      // And from there on nothing goes back.
      const older = repository.saved();
      repository.publishSnapshot();
      await update();
      older();
      await expectRefusal(rig, 'ROLLBACK', { role: 'timestamp', trusted: 2, offered: 1 });
    },
  );

  test('FF-03, FF-04: a new targets key starts targets and delegations anew', async () => {
    await forwardAll();
    repository.top.keys = makeKeys(1);
    repository.top.version = 0;
    repository.role('targets/a').version = 0;
    repository.publishRoot().publish('targets', 'targets/a');
    expect(versionsOf(await update())).toMatchObject({ root: 2, targets: 1, 'targets/a': 1, snapshot: 1002 });
  });

  test('a new root with the same keys for a role starts nothing anew', async () => {
    await forwardAll();
    repository.base.snapshot.version = 0;
    repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'ROLLBACK', { role: 'snapshot', trusted: 1001, offered: 1 });
  });

  test('new delegation keys, given by the targets role, start nothing anew', async () => {
    await forwardAll();
    repository.role('targets/a').keys = makeKeys(1);
    repository.role('targets/a').version = 0;
    repository.publish('targets', 'targets/a');
    await expectRefusal(rig, 'ROLLBACK', { role: 'targets/a', trusted: 1001, offered: 1 });
  });

  test('a root of the server, which holds no root key, starts nothing anew', async () => {
    await forwardAll();
    const honest = repository.saved();
    const fork = repository.fork();
    fork.base.root.signedBy = [...fork.base.snapshot.keys, ...fork.base.timestamp.keys];
    rig.server.serve(fork);
    fork.base.snapshot.keys = makeKeys(1);
    fork.base.snapshot.version = 0;
    fork.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'THRESHOLD', { role: 'root' });
    rig.server.serve(repository);
    honest();
    expect(versionsOf(await update())).toMatchObject({ root: 1, snapshot: 1001 });
  });
});
