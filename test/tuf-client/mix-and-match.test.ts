// Files that do not belong together (MM-*), by attack or because somebody published meanwhile.
import { beforeEach, describe, expect, test } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { makeKeys, type SimulatedRepository } from '../support/notary-simulator.ts';
import {
  expectRefusal,
  expectRefusalThenRecovery,
  gun,
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

  describe('MM-05: a key is replaced between the download of the root and that of what the key signs', () => {
    const states = {
      timestamp: ({ base }: SimulatedRepository) => base.timestamp,
      snapshot: ({ base }: SimulatedRepository) => base.snapshot,
      targets: ({ top }: SimulatedRepository) => top,
    };
    const roles = Object.keys(states) as (keyof typeof states)[];

    /** Publishes with a new key for a role just before the timestamp is read, so many times. */
    const replace = (role: keyof typeof states, times: number): void => {
      let replaced = 0;
      rig.server.beforeDownload = (name) => {
        if (name !== 'timestamp.json' || replaced++ >= times) return;
        states[role](repository).keys = makeKeys(1);
        repository.publishRoot().publish();
      };
    };

    test.each(roles)('the key of %s: judged once more, by the newer root', async (role) => {
      replace(role, 1);
      expect(versionsOf(await rig.client.update(gun))).toMatchObject({ root: 2, targets: 2, timestamp: 2 });
    });

    test('at a first contact, too', async () => {
      replace('timestamp', 1);
      const stranger = rig.withOptions({ files: new MemoryFiles() });
      expect(versionsOf(await stranger.update(gun))).toMatchObject({ root: 2, targets: 2, timestamp: 2 });
    });

    test.each([
      ['timestamp', 'THRESHOLD', { role: 'timestamp' }],
      ['snapshot', 'THRESHOLD', { role: 'snapshot' }],
      // The snapshot names its root, which is noticed before anything is judged that it leads to.
      ['targets', 'ROOT_GAP', { expected: 3 }],
    ] as const)('the key of %s, again and again: %s', async (role, code, facts) => {
      replace(role, 2);
      await expect(rig.client.update(gun)).rejects.toMatchObject({ code, facts });
    });

    test('a server that only says there is a newer root has to show a good one', async () => {
      const honest = repository.saved();
      repository.base.timestamp.keys = makeKeys(1);
      repository.publishTimestamp();
      rig.server.beforeDownload = (name) => {
        if (name === 'timestamp.json') repository.files.set('2.root.json', Buffer.from('{}'));
      };
      await expectRefusalThenRecovery(rig, 'MALFORMED', () => {
        rig.server.recover();
        repository.files.delete('2.root.json');
        honest();
      });
    });

    test.each([
      ['nobody answers', new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' })],
      ['too much is sent', new DctError('LIMIT', { what: 'root', limit: 'rootBytes', bound: 1 })],
    ])('%s to the question for a newer root: refused as it was', async (_, answer) => {
      const honest = repository.saved();
      repository.base.timestamp.keys = makeKeys(1);
      repository.publishTimestamp();
      let asked = 0;
      rig.server.beforeDownload = (name) => {
        if (name === '2.root.json' && ++asked > 1) throw answer;
      };
      await expectRefusalThenRecovery(
        rig,
        'THRESHOLD',
        () => {
          rig.server.recover();
          honest();
        },
        { role: 'timestamp' },
      );
    });
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
