// Publishing: what an owner may upload, what the server adds, and that a refused upload changes nothing (dialect 7.3, 9.4).
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { sha256Hex } from '../../../src/tuf-client/trust/index.ts';
import {
  dayMs,
  makeKeys,
  makeRootKey,
  metaOf,
  type SimulatedRepository,
} from '../../support/notary-simulator.ts';
import {
  form,
  gun,
  newOwner,
  publishedOwner,
  signedOf,
  TestServer,
  tuf,
  twinsOf,
  type Owner,
  type Parts,
} from './support.ts';

let server: TestServer;
beforeEach(() => {
  server = new TestServer();
});

/** A published repository, made once and copied for every test. */
let published: { readonly server: TestServer; readonly owner: Owner };
beforeAll(async () => {
  const first = new TestServer();
  published = { server: first, owner: await publishedOwner(first) };
});

const done = { status: 200, text: '' };
const badUpdate = (name: string, problem: unknown = expect.any(String)): object => ({
  status: 400,
  code: 'INVALID_UPDATE',
  detail: { Name: name, Error: { Msg: problem } },
});

describe('a first publication', () => {
  it('gets a snapshot of the stored bytes and a timestamp of that, all at version 1', async () => {
    const owner = await publishedOwner(server);
    const snapshot = await server.get('snapshot.json');
    const hash = (bytes: Uint8Array, name: string): string =>
      Buffer.from(metaOf(bytes).hashes.get(name) ?? []).toString('base64');
    const entry = (bytes: Uint8Array): object => ({
      hashes: { sha256: hash(bytes, 'sha256'), sha512: hash(bytes, 'sha512') },
      length: bytes.byteLength,
    });
    expect(signedOf(snapshot.bytes)).toEqual({
      _type: 'Snapshot',
      expires: '2032-12-31T00:00:00Z',
      meta: { root: entry(owner.part('root')[1]), targets: entry(owner.part('targets')[1]) },
      version: 1,
    });
    expect(signedOf((await server.get('timestamp.json')).bytes)).toEqual({
      _type: 'Timestamp',
      expires: '2030-01-15T00:00:00Z',
      meta: { snapshot: entry(snapshot.bytes) },
      version: 1,
    });
  });

  it.each([
    [1, done],
    [2, done],
    [3, badUpdate('ErrBadRoot', 'Root modifications must increment the version. Current 1, new 3')],
  ])('may have a root of version 1 or 2: %i', async (version, expected) => {
    const owner = await newOwner(server);
    owner.repository.base.root.version = version - 1;
    owner.repository.publishRoot();
    expect(await server.publish([owner.part('root'), ...owner.next('targets')])).toMatchObject(expected);
  });

  it('may have any version of targets', async () => {
    const owner = await newOwner(server);
    owner.repository.top.version = 1;
    expect(await server.publish([owner.part('root'), ...owner.next('targets')])).toMatchObject(done);
  });

  it.each<[string, (owner: Owner) => Parts, object]>([
    ['nothing', () => [], badUpdate('ErrValidation', 'no pre-existing root and no root provided in update.')],
    ['no root', (owner) => owner.next('targets'), badUpdate('ErrValidation')],
    [
      'no targets',
      (owner) => [owner.part('root')],
      badUpdate('ErrValidation', 'targets must be loaded first'),
    ],
  ])('with %s is refused', async (_, parts, expected) => {
    const owner = await newOwner(server);
    expect(await server.publish(parts(owner))).toMatchObject(expected);
    expect(await server.get('root.json')).toMatchObject({ status: 404 });
  });

  it('whose timestamp key is not the server’s is refused', async () => {
    const owner = await newOwner(server);
    owner.repository.base.timestamp.keys = makeKeys(1);
    owner.repository.base.root.version = 0;
    owner.repository.publishRoot();
    const answer = await server.publish([owner.part('root'), ...owner.next('targets')]);
    expect(answer).toMatchObject(badUpdate('ErrBadRoot', 'no timestamp keys exist on the server'));
  });

  it('without a snapshot, when its key is not the server’s, names what is missing', async () => {
    const owner = await newOwner(server, { snapshot: 'owner' });
    const answer = await server.publish([owner.part('root'), ...owner.next('targets')]);
    expect(answer).toMatchObject({ status: 400, code: 'INVALID_UPDATE' });
    expect(answer.detail).toEqual({
      Name: 'ErrBadHierarchy',
      Error: {
        Missing: 'snapshot',
        Msg: 'no snapshot was included in update and server does not hold current snapshot key for repository',
      },
    });
  });
});

describe('a later publication', () => {
  let owner: Owner;
  let repository: SimulatedRepository;
  beforeEach(() => {
    ({ server, owner } = twinsOf(published.server, published.owner));
    ({ repository } = owner);
  });

  it('of nothing makes a new snapshot and timestamp', async () => {
    expect(await server.publish([])).toMatchObject(done);
    for (const role of ['snapshot', 'timestamp'])
      expect(signedOf((await server.get(`${role}.json`)).bytes)).toMatchObject({ version: 2 });
  });

  it('passes over a timestamp', async () => {
    const timestamp = await server.get('timestamp.json');
    expect(await server.publish([['timestamp', timestamp.bytes]])).toMatchObject(done);
    expect(signedOf((await server.get('timestamp.json')).bytes)).toMatchObject({ version: 2 });
  });

  it('may name its parts with .json', async () => {
    const parts = owner.next('targets').map(([name, bytes]) => [`${name}.json`, bytes] as const);
    expect(await server.publish(parts)).toMatchObject(done);
  });

  it('may jump to a higher version', async () => {
    repository.top.version = 40;
    expect(await server.publish(owner.next('targets'))).toMatchObject(done);
    expect(await server.get('41.targets.json')).toMatchObject({ status: 200 });
  });

  it('takes delegations together with their parent, deeper ones last, whatever their order', async () => {
    repository.delegate('targets/alice', makeKeys(1)).delegate('targets/alice/ci', makeKeys(1));
    const parts = owner.next('targets/alice/ci', 'targets/alice', 'targets');
    expect(await server.publish(parts)).toMatchObject(done);
    const { meta } = signedOf((await server.get('snapshot.json')).bytes);
    expect(Object.keys(meta)).toEqual(['root', 'targets', 'targets/alice', 'targets/alice/ci']);
  });

  it('takes a delegation alone when its stored ancestors declare it, also when they have expired', async () => {
    repository.delegate('targets/alice', makeKeys(1));
    await server.publish(owner.next('targets'));
    server.clock.advance(1096 * dayMs);
    repository.role('targets/alice').expires = server.clock.time + dayMs;
    expect(await server.publish(owner.next('targets/alice'))).toMatchObject(done);
  });

  it('keeps the snapshot’s entry of a delegation that was removed', async () => {
    repository.delegate('targets/alice', makeKeys(1));
    await server.publish(owner.next('targets', 'targets/alice'));
    repository.delegations.clear();
    await server.publish(owner.next('targets'));
    const { meta } = signedOf((await server.get('snapshot.json')).bytes);
    expect(Object.keys(meta)).toContain('targets/alice');
  });

  it('takes a root that its predecessor’s keys have signed, and serves both', async () => {
    repository.rotateRoot([await makeRootKey(gun, server.clock.time)]);
    expect(await server.publish([owner.part('root')])).toMatchObject(done);
    expect((await server.get('root.json')).bytes).toEqual(owner.part('root')[1]);
    expect(await server.get('1.root.json')).toMatchObject({ status: 200 });
    expect(await server.get('2.root.json')).toMatchObject({ status: 200 });
  });

  it('takes a new targets key together with targets signed by it', async () => {
    repository.top.keys = makeKeys(1);
    repository.publishRoot();
    expect(await server.publish([owner.part('root'), ...owner.next('targets')])).toMatchObject(done);
  });

  it('takes the snapshots of an owner who took the key back', async () => {
    repository.base.snapshot.keys = makeKeys(1);
    repository.base.snapshot.version = 1;
    repository.publishRoot().publishSnapshot();
    expect(await server.publish([owner.part('root'), owner.part('snapshot')])).toMatchObject(done);
    expect((await server.get('snapshot.json')).bytes).toEqual(owner.part('snapshot')[1]);
  });
});

describe('a refused publication leaves everything as it was:', () => {
  let owner: Owner;
  let delegated: typeof published;
  beforeAll(async () => {
    delegated = twinsOf(published.server, published.owner);
    delegated.owner.repository.delegate('targets/alice', makeKeys(1));
    await delegated.server.publish(delegated.owner.next('targets', 'targets/alice'));
  });
  beforeEach(() => {
    ({ server, owner } = twinsOf(delegated.server, delegated.owner));
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
    [
      'a root that skips a version',
      nextRoot((r) => void (r.base.root.version += 1)),
      badUpdate('ErrBadRoot'),
    ],
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
    [
      'a root below its threshold',
      nextRoot((r) => void (r.base.root.threshold = 2)),
      badUpdate('ErrBadRoot'),
    ],
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
    [
      'targets by strangers',
      edited('targets', (s) => (s.signedBy = makeKeys(1))),
      badUpdate('ErrBadTargets'),
    ],
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

  const contentType = { 'content-type': 'multipart/form-data; boundary=boundary' };
  const targetsHead = 'Content-Disposition: form-data; name="files"; filename="targets"';
  it.each([
    ['no multipart body', {}, 'x', 400, 'MALFORMED_UPLOAD'],
    [
      'a form of another kind',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'a=b',
      400,
      'MALFORMED_UPLOAD',
    ],
    ['no boundary', { 'content-type': 'multipart/form-data' }, 'x', 400, 'MALFORMED_UPLOAD'],
    ['an empty body', contentType, '', 400, 'MALFORMED_UPLOAD'],
    ['a part head cut short', contentType, '--boundary\r\nContent-Dispo', 400, 'MALFORMED_UPLOAD'],
    ['a part cut short', contentType, `--boundary\r\n${targetsHead}\r\n\r\n{}`, 400, 'MALFORMED_UPLOAD'],
    [
      'no last boundary',
      contentType,
      `--boundary\r\n${targetsHead}\r\n\r\n{}\r\n--boundary\r\n`,
      400,
      'MALFORMED_UPLOAD',
    ],
    [
      'a part without a file name',
      contentType,
      '--boundary\r\nContent-Disposition: form-data; name="root"\r\n\r\n{}\r\n--boundary--\r\n',
      400,
      'NO_FILENAME',
    ],
    [
      'an announced length beyond the bound',
      { ...contentType, 'content-length': String(limits.publicationBytes + 1) },
      '',
      413,
      'MALFORMED_UPLOAD',
    ],
  ])('%s', async (_, headers, body, status, code) => {
    const before = await server.served();
    expect(await server.send('POST', tuf(), { headers, body })).toMatchObject({ status, code });
    expect(await server.served()).toEqual(before);
  });

  it.each<[string, Parts, object]>([
    ['an empty file name', [['', '{}']], { code: 'NO_FILENAME' }],
    ['a name that is no role', [['alice', '{}']], { code: 'INVALID_ROLE', detail: 'alice' }],
    ['a role in capitals', [['targets/Alice', '{}']], { code: 'INVALID_ROLE', detail: 'targets/Alice' }],
    ['a way out of the directory', [['../root', '{}']], { code: 'INVALID_ROLE', detail: '../root' }],
    ['two endings', [['root.json.json', '{}']], { code: 'INVALID_ROLE', detail: 'root.json.json' }],
    ['something that is not JSON', [['targets', 'x']], { code: 'MALFORMED_JSON' }],
    ['nothing at all', [['targets', '']], { code: 'MALFORMED_JSON' }],
    ['an empty object', [['targets', '{}']], { code: 'MALFORMED_JSON' }],
    ['no signed part', [['targets', '{"signatures":[]}']], { code: 'MALFORMED_JSON' }],
    [
      'a signed part that is null',
      [['targets', '{"signed":null,"signatures":[]}']],
      { code: 'MALFORMED_JSON' },
    ],
    [
      'a version in quotes',
      [['root', '{"signed":{"version":"1"},"signatures":[]}']],
      { code: 'MALFORMED_JSON' },
    ],
  ])('%s', async (_, parts, expected) => {
    const before = await server.served();
    expect(await server.publish(parts)).toMatchObject({ status: 400, ...expected });
    expect(await server.served()).toEqual(before);
  });

  it('two parts for one role', async () => {
    const [part] = owner.next('targets');
    if (part === undefined) throw new Error('there is no part');
    const before = await server.served();
    const answer = await server.publish([part, [`${part[0]}.json`, part[1]]]);
    expect(answer).toMatchObject({
      status: 400,
      code: 'MALFORMED_UPLOAD',
      detail: 'there are two parts for targets',
    });
    expect(await server.served()).toEqual(before);
  });

  it('a bad part after a good one', async () => {
    const before = await server.served();
    expect(await server.publish([...owner.next('targets'), ['targets/alice', 'x']])).toMatchObject({
      code: 'MALFORMED_JSON',
    });
    expect(await server.served()).toEqual(before);
  });

  it('a name as long as a book, and the answer stays short', async () => {
    const answer = await server.publish([['\u0001é'.repeat(20_000), '{}']]);
    expect(answer).toMatchObject({ status: 400, code: 'INVALID_ROLE' });
    expect(answer.bytes.byteLength).toBeLessThanOrEqual(limits.refusalBytes);
  });
});

describe('ten publishers at once', () => {
  it('of the same version: one wins, and the others are told so', async () => {
    const owner = await publishedOwner(server);
    const offers = Array.from({ length: 10 }, (_, i) => {
      owner.repository.top.version = 1;
      owner.repository.tag('latest', `content ${i}`);
      return owner.next('targets');
    });
    const answers = await Promise.all(offers.map((parts) => server.publish(parts)));
    expect(answers.map(({ status, code }) => code ?? status).sort()).toEqual(
      [200, ...Array.from({ length: 9 }, () => 'VERSION')].sort(),
    );
    const winner = offers[answers.findIndex(({ status }) => status === 200)]?.[0]?.[1];
    expect((await server.get('targets.json')).bytes).toEqual(winner);
    expect(signedOf((await server.get('timestamp.json')).bytes).version).toBe(2);
  });

  it('of different roles: all are in the last snapshot', async () => {
    const owner = await publishedOwner(server);
    const roles = Array.from({ length: 10 }, (_, i) => `targets/signer${i}`);
    for (const role of roles) owner.repository.delegate(role, makeKeys(1));
    await server.publish(owner.next('targets'));
    const answers = await Promise.all(roles.map((role) => server.publish(owner.next(role))));
    expect(answers.map(({ status }) => status)).toEqual(roles.map(() => 200));
    const { meta, version } = signedOf((await server.get('snapshot.json')).bytes);
    expect(Object.keys(meta)).toEqual(expect.arrayContaining(roles));
    expect(version).toBe(12);
    for (const role of roles) {
      const [, bytes] = owner.part(role);
      expect((await server.get(`${role}.${sha256Hex(bytes)}.json`)).bytes).toEqual(bytes);
    }
  });
});

it('a body in one piece and one in many are the same', async () => {
  const owner = await newOwner(server);
  const { headers = {}, body } = form([owner.part('root'), ...owner.next('targets')]);
  const answer = await server.server.handle({
    method: 'POST',
    target: tuf(),
    headers,
    body: (async function* () {
      for (const byte of body as Uint8Array) yield await Promise.resolve(Uint8Array.of(byte));
    })(),
  });
  expect(answer.status).toBe(200);
});
