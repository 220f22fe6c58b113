// Publishing: what an owner may upload, and what the server adds (dialect 9.4).
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  dayMs,
  makeKeys,
  makeRootKey,
  metaOf,
  type SimulatedRepository,
} from '../../support/notary-simulator.ts';
import {
  badUpdate,
  gun,
  newOwner,
  publishedOwner,
  signedOf,
  TestServer,
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
