// Updates that break a rule: each is told which, and leaves everything as it was (dialect 9.4).
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { makeKeys, makeRootKey, type SimulatedRepository } from '../../support/notary-simulator.ts';
import { badUpdate, gun, publishedOwner, TestServer, twinsOf, type Owner, type Parts } from './support.ts';

/** A published repository with a delegation, made once and copied for every test. */
let published: { readonly server: TestServer; readonly owner: Owner };
let server: TestServer;
let owner: Owner;
beforeAll(async () => {
  const first = new TestServer();
  published = { server: first, owner: await publishedOwner(first) };
  published.owner.repository.delegate('targets/alice', makeKeys(1));
  await first.publish(published.owner.next('targets', 'targets/alice'));
});
beforeEach(() => {
  ({ server, owner } = twinsOf(published.server, published.owner));
});

type Case = readonly [string, (owner: Owner) => Parts | Promise<Parts>, object];
const edited =
  (role: string, edit: (state: ReturnType<SimulatedRepository['role']>) => void) =>
  (from: Owner): Parts => {
    edit(from.repository.role(role));
    return from.next(role);
  };
const nextRoot =
  (edit: (from: SimulatedRepository) => void | Promise<void>) =>
  async (from: Owner): Promise<Parts> => {
    await edit(from.repository);
    from.repository.publishRoot();
    return [from.part('root')];
  };
const ownSnapshot =
  (edit: (from: SimulatedRepository) => void) =>
  async (from: Owner): Promise<Parts> => {
    from.repository.base.snapshot.keys = makeKeys(1);
    from.repository.base.snapshot.version = 2;
    from.repository.publishRoot();
    edit(from.repository);
    from.repository.publishSnapshot();
    return Promise.resolve([from.part('root'), from.part('snapshot')]);
  };
const version = { status: 400, code: 'VERSION', detail: {} };

const cases: readonly Case[] = [
  ['the same root again', (from) => [from.part('root')], version],
  ['the same targets again', (from) => [from.part('targets')], version],
  [
    'a good file beside one that is not newer',
    (from) => [...from.next('targets'), from.part('targets/alice')],
    version,
  ],
  ['a root that skips a version', nextRoot((r) => void (r.base.root.version += 1)), badUpdate('ErrBadRoot')],
  [
    'a root by strangers',
    nextRoot(async (r) => {
      r.base.root.keys = [await makeRootKey(gun, server.clock.time)];
    }),
    badUpdate('ErrBadRoot'),
  ],
  [
    'a root that its own keys did not sign',
    nextRoot(async (r) => {
      r.base.root.signedBy = r.base.root.keys;
      r.base.root.keys = [await makeRootKey(gun, server.clock.time)];
    }),
    badUpdate('ErrBadRoot'),
  ],
  [
    'a root for another repository',
    nextRoot(async (r) => {
      const stranger = await makeRootKey('registry.test:5000/else' as typeof gun, server.clock.time);
      r.base.root.signedBy = [...r.base.root.keys, stranger];
      r.base.root.keys = [stranger];
    }),
    badUpdate('ErrBadRoot'),
  ],
  [
    'a root whose key wears no certificate',
    nextRoot((r) => {
      const bareKeys = makeKeys(1);
      r.base.root.signedBy = [...r.base.root.keys, ...bareKeys];
      r.base.root.keys = bareKeys;
    }),
    badUpdate('ErrBadRoot'),
  ],
  ['an expired root', nextRoot((r) => void (r.base.root.expires = 0)), badUpdate('ErrBadRoot')],
  ['a root below its threshold', nextRoot((r) => void (r.base.root.threshold = 2)), badUpdate('ErrBadRoot')],
  [
    'a root of another type',
    nextRoot((r) => void (r.base.root.edit = (body) => ({ ...body, _type: 'Targets' }))),
    badUpdate('ErrBadRoot'),
  ],
  [
    'a root without one of the base roles',
    nextRoot(
      (r) =>
        void (r.base.root.edit = (body) => {
          const { root, targets, timestamp } = body['roles'] as Record<string, object>;
          return { ...body, roles: { root, targets, timestamp } } as never;
        }),
    ),
    badUpdate('ErrBadRoot'),
  ],
  [
    'a root that exchanges the key of targets and leaves the old targets',
    nextRoot((r) => void (r.top.keys = makeKeys(1))),
    badUpdate('ErrBadTargets'),
  ],
  [
    'a root that takes the snapshot key back, without a snapshot',
    nextRoot((r) => void (r.base.snapshot.keys = makeKeys(1))),
    {
      status: 400,
      code: 'INVALID_UPDATE',
      detail: {
        Name: 'ErrBadHierarchy',
        Error: { Missing: 'snapshot', Msg: expect.any(String) as string },
      },
    },
  ],
  [
    'a root with a timestamp key of the owner',
    nextRoot((r) => void (r.base.timestamp.keys = makeKeys(1))),
    badUpdate('ErrBadRoot'),
  ],
  ['targets by strangers', edited('targets', (s) => (s.signedBy = makeKeys(1))), badUpdate('ErrBadTargets')],
  ['targets without signatures', edited('targets', (s) => (s.signedBy = [])), badUpdate('ErrBadTargets')],
  ['expired targets', edited('targets', (s) => (s.expires = 0)), badUpdate('ErrBadTargets')],
  ['targets of version 0', edited('targets', (s) => (s.version = -1)), badUpdate('ErrBadTargets')],
  [
    'targets of another type',
    edited('targets', (s) => (s.edit = (body) => ({ ...body, _type: 'targets' }))),
    badUpdate('ErrBadTargets'),
  ],
  [
    'targets that list a key under the id of another',
    edited(
      'targets',
      (s) =>
        (s.edit = (body) => {
          const { keys, roles } = body['delegations'] as { keys: Record<string, string>; roles: string };
          const [key = ''] = Object.values(keys);
          return { ...body, delegations: { keys: { ...keys, ['ab'.repeat(32)]: key }, roles } };
        }),
    ),
    badUpdate('ErrBadTargets'),
  ],
  [
    'a delegation by strangers',
    edited('targets/alice', (s) => (s.signedBy = makeKeys(1))),
    badUpdate('ErrBadTargets'),
  ],
  [
    'a delegation that nobody declared',
    (from) => {
      from.repository.delegate('targets/bob', makeKeys(1));
      return from.next('targets/bob');
    },
    badUpdate('ErrBadTargets', 'tuf: invalid role targets/bob. delegation does not exist'),
  ],
  [
    'a delegation below one that has no file',
    (from) => {
      from.repository.delegate('targets/carol', makeKeys(1)).delegate('targets/carol/ci', makeKeys(1));
      return from.next('targets', 'targets/carol/ci');
    },
    badUpdate('ErrBadTargets', 'tuf: invalid role targets/carol/ci. delegation does not exist'),
  ],
  [
    'a snapshot by strangers',
    ownSnapshot((r) => (r.base.snapshot.signedBy = makeKeys(1))),
    badUpdate('ErrBadSnapshot'),
  ],
  ['an expired snapshot', ownSnapshot((r) => (r.base.snapshot.expires = 0)), badUpdate('ErrBadSnapshot')],
  [
    'a snapshot that names other bytes',
    ownSnapshot((r) => r.current.set('targets', new Uint8Array(3))),
    badUpdate('ErrBadSnapshot'),
  ],
  [
    'a snapshot that leaves targets out',
    ownSnapshot((r) => r.omitted.add('targets')),
    badUpdate('ErrBadSnapshot'),
  ],
  ['an old snapshot', ownSnapshot((r) => (r.base.snapshot.version = 1)), version],
];

it.each(cases)('%s', async (_, make, expected) => {
  const parts = await make(owner);
  const [before, files] = [await server.served(), server.files.copy()];
  const answer = await server.publish(parts);
  expect(answer).toMatchObject(expected);
  expect(answer.bytes.byteLength).toBeLessThanOrEqual(limits.refusalBytes);
  expect(await server.served()).toEqual(before);
  expect(server.files.differences(files)).toEqual([]);
});
