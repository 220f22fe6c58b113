// What the trust server answers to each request: statuses, codes and headers as the real one has them (dialect 7.1 to 7.5).
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/tuf-client/trust/index.ts';
import {
  gun,
  otherGun,
  publishedOwner,
  serverKey,
  signedOf,
  TestServer,
  tuf,
  type Owner,
} from './support.ts';

let server: TestServer;
beforeEach(() => {
  server = new TestServer();
});

describe('an address', () => {
  const nothing = { status: 404, code: 'METADATA_NOT_FOUND' };
  it.each([
    ['GET', '/v2/', { status: 200, text: '{}' }],
    ['GET', '/_notary_server/health', { status: 200, text: '{}' }],
    ['GET', '/v2', nothing],
    ['GET', '/', nothing],
    ['GET', '/metrics', nothing],
    ['HEAD', '/v2/', nothing],
    ['POST', '/v2/', nothing],
    ['PUT', `${tuf()}root.json`, nothing],
    ['HEAD', `${tuf()}root.json`, nothing],
    ['DELETE', `${tuf()}root.json`, nothing],
    ['GET', tuf(), nothing],
    ['GET', `${tuf()}root.json`, nothing],
    ['GET', `${tuf()}targets.key`, nothing],
    ['POST', `${tuf()}targets.key`, nothing],
    ['GET', `${tuf()}other.json`, nothing],
    ['GET', `${tuf()}targets/Upper.json`, nothing],
    ['GET', `${tuf()}root.${'ab'.repeat(20)}.json`, nothing],
    ['GET', '/v2/with*star/_trust/tuf/timestamp.key', nothing],
    ['GET', `/v2/${'x'.repeat(256)}/_trust/tuf/timestamp.key`, nothing],
    ['GET', '/v2/%zz/_trust/tuf/root.json', nothing],
    ['POST', `/v2/${'x'.repeat(256)}/_trust/tuf/`, { status: 400, code: 'INVALID_GUN' }],
    ['PATCH', '/v2/', { status: 405, text: '' }],
    ['OPTIONS', `${tuf()}root.json`, { status: 405, text: '' }],
    [
      'GET',
      '/v2/a//b/../c/_trust/tuf/root.json?x',
      { status: 301, headers: { Location: '/v2/a/c/_trust/tuf/root.json?x' } },
    ],
  ])('%s %s', async (method, target, expected) => {
    expect(await server.send(method, target)).toMatchObject(expected);
  });

  it('that is unknown is answered with the error envelope of Notary, a line feed at its end', async () => {
    const { text, headers } = await server.send('GET', '/v2/nothing');
    expect(text).toBe(
      '{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist."}]}\n',
    );
    expect(headers).toEqual({ 'Content-Type': 'application/json; charset=utf-8' });
  });

  it('may have its colon escaped', async () => {
    await publishedOwner(server);
    expect(await server.send('GET', '/v2/registry.test%3A5000/team/app/_trust/tuf/root.json')).toMatchObject({
      status: 200,
    });
  });
});

describe('metadata', () => {
  let owner: Owner;
  beforeEach(async () => {
    owner = await publishedOwner(server);
  });

  it('is found by name, by version and by SHA-256', async () => {
    const [, bytes] = owner.part('targets');
    for (const name of [
      'targets.json',
      '1.targets.json',
      '01.targets.json',
      `targets.${sha256Hex(bytes)}.json`,
    ])
      expect({ name, bytes: (await server.get(name)).bytes }).toEqual({ name, bytes });
  });

  it.each([
    ['another version', () => '2.root.json'],
    ['no version that could be one', () => '999999999999999.root.json'],
    ['a hash of another role', (hash: string) => `root.${hash}.json`],
    ['a hash in capitals', (hash: string) => `targets.${hash.toUpperCase()}.json`],
    ['a SHA-512', (hash: string) => `targets.${hash}${hash}.json`],
    ['a delegation that nobody published', () => 'targets/alice.json'],
  ])('is not found by %s', async (_, name) => {
    const [, bytes] = owner.part('targets');
    expect(await server.get(name(sha256Hex(bytes)))).toMatchObject({
      status: 404,
      code: 'METADATA_NOT_FOUND',
      detail: {},
    });
  });

  it('by name may be cached for minutes, by hash and version for a month', async () => {
    const current = await server.get('root.json');
    expect(current.headers).toEqual({
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'public, max-age=300, s-maxage=300, must-revalidate',
      'Last-Modified': 'Tue, 01 Jan 2030 00:00:00 UTC',
    });
    expect((await server.get('1.root.json')).headers).toMatchObject({
      'Cache-Control': 'public, max-age=2592000, s-maxage=2592000',
    });
  });

  it('is not cached where the age is set to 0', async () => {
    const strict = server.restarted({ maxAge: { current: 0, consistent: 60 } });
    expect((await strict.get('root.json')).headers).toMatchObject({
      'Cache-Control': 'max-age=0, no-cache, no-store',
      Pragma: 'no-cache',
    });
    expect((await strict.get('1.root.json')).headers).toMatchObject({
      'Cache-Control': 'public, max-age=60, s-maxage=60',
    });
  });
});

describe('a key of the server', () => {
  it('has the form that Go gives it', async () => {
    const { status, text, headers } = await server.get('timestamp.key');
    expect(status).toBe(200);
    expect(headers).toEqual({ 'Content-Type': 'text/plain; charset=utf-8' });
    expect(text).toMatch(
      /^\{"keytype":"ed25519","keyval":\{"public":"[A-Za-z0-9+/]{43}=","private":null\}\}$/,
    );
  });

  it('stays the same until a root names another, and differs by role and repository', async () => {
    const [first, again] = [await server.get('snapshot.key'), await server.get('snapshot.key')];
    expect(again.text).toBe(first.text);
    expect((await server.get('timestamp.key')).text).not.toBe(first.text);
    expect((await server.get('snapshot.key', otherGun)).text).not.toBe(first.text);
  });

  it('is one and the same for everybody who asks at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => server.get('timestamp.key')));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('is made anew by POST, and offered only when a root names it', async () => {
    const owner = await publishedOwner(server);
    const before = await server.get('timestamp.key');
    const next = await serverKey(server, 'timestamp', gun, 'POST');
    expect((await server.get('timestamp.key')).text).toBe(before.text);

    owner.repository.base.timestamp.keys = [next];
    owner.repository.publishRoot();
    expect(await server.publish([owner.part('root')])).toMatchObject({ status: 200 });
    expect((await serverKey(server, 'timestamp')).id).toBe(next.id);
    const { text } = await server.get('timestamp.json');
    expect(JSON.parse(text)).toMatchObject({ signatures: [{ keyid: next.id, method: 'eddsa' }] });
  });
});

describe('deletion', () => {
  it('forgets all versions of exactly this GUN, and can be repeated', async () => {
    await publishedOwner(server);
    const longer = `${gun}2` as typeof gun;
    await publishedOwner(server, { name: longer });
    const neighbour = await server.served(longer);
    for (let i = 0; i < 2; i++)
      expect(await server.send('DELETE', tuf())).toMatchObject({ status: 200, text: '' });
    for (const name of ['root.json', '1.root.json', 'targets.json', 'snapshot.json', 'timestamp.json'])
      expect(await server.get(name)).toMatchObject({ status: 404 });
    expect(await server.served(longer)).toEqual(neighbour);
  });

  it('lets the owner begin again with the same root, from version 1', async () => {
    const owner = await publishedOwner(server);
    await server.send('DELETE', tuf());
    expect(await server.publish([owner.part('root'), owner.part('targets')])).toMatchObject({ status: 200 });
    expect(signedOf((await server.get('timestamp.json')).text).version).toBe(1);
  });
});

describe('the changefeed', () => {
  const feed = async (query: string, path = `/v2/${gun}/_trust/changefeed`): Promise<unknown> => {
    const { status, text } = await server.send('GET', `${path}?${query}`);
    expect(status).toBe(200);
    const { count, records } = JSON.parse(text) as { count: number; records: { ID: string }[] | null };
    expect(count).toBe(records?.length ?? 0);
    return records && records.map(({ ID }) => Number(ID));
  };

  beforeEach(async () => {
    const owner = await publishedOwner(server);
    await publishedOwner(server, { name: otherGun });
    await server.publish(owner.next('targets'));
    await server.send('DELETE', tuf());
  });

  it.each([
    ['records=0', [1, 3, 4]],
    ['records=1', [1]],
    ['records=2&change_id=1', [3, 4]],
    ['records=100&change_id=4', null],
    ['records=-2&change_id=-1', [3, 4]],
    ['records=2&change_id=-1', [3, 4]],
    ['records=-1&change_id=4', [3]],
    ['records=-1', null],
  ])('%s', async (query, expected) => {
    expect(await feed(query)).toEqual(expected);
  });

  it('of all repositories is in order', async () => {
    expect(await feed('records=0', '/v2/_trust/changefeed')).toEqual([1, 2, 3, 4]);
  });

  it('tells the timestamp of an update, and nothing of a deletion', async () => {
    const { text } = await server.send('GET', `/v2/${gun}/_trust/changefeed?records=-2&change_id=-1`);
    expect(JSON.parse(text)).toMatchObject({
      records: [
        {
          ...{ ID: '3', CreatedAt: '2030-01-01T00:00:00Z', GUN: gun, Version: 2, Category: 'update' },
          SHA256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        },
        {
          ID: '4',
          CreatedAt: '2030-01-01T00:00:00Z',
          GUN: gun,
          Version: 0,
          SHA256: '',
          Category: 'deletion',
        },
      ],
    });
  });

  it.each(['', 'records=', 'records=x', 'records=1.5', 'records=1&change_id=x'])(
    'refuses "%s"',
    async (query) => {
      expect(await server.send('GET', `/v2/${gun}/_trust/changefeed?${query}`)).toMatchObject({
        status: 400,
        code: 'INVALID_PARAMETERS',
      });
    },
  );
});
