// Callers whose accounts differ: registries that show them no lists, and strict rules that need manifests read for them (CA-08).
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { ReachableContent } from '../../src/proxy/policy/reachable.ts';
import type { SignedTags } from '../../src/proxy/policy/signed-tags.ts';
import { readManifest } from '../../src/registry/index.ts';
import { openRig } from '../blob-cache/support.ts';
import { answer, clientOf, json, scripted } from '../registry/support.ts';
import { entryOf, FakeTrust, gunOf, startRig } from './fakes.ts';
import { isCached } from './content/flights.ts';
import { policyWith } from './policy/rig.ts';

const host = 'registry.test';
const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;
const [alice, bob] = [basic('alice:a'), basic('bob:b')];

const layer = utf8('a layer');
const oci = 'application/vnd.oci.image';
const described = { mediaType: `${oci}.layer.v1.tar`, digest: digestOf(layer), size: layer.length };
const bytes = json({
  schemaVersion: 2,
  mediaType: `${oci}.manifest.v1+json`,
  config: { ...described, mediaType: `${oci}.config.v1+json` },
  layers: [described],
});
const paths = ['manifests/v1', `manifests/${digestOf(bytes)}`, `blobs/${digestOf(layer)}`];

/** What this caller gets for this path, from a registry that knows alice and bob. */
type Rights = (
  caller: 'alice' | 'bob',
  path: string,
  request: HttpRequest,
) => HttpResponse | Promise<HttpResponse> | undefined;

async function rig(rights: Rights, options: Parameters<typeof startRig>[0] = {}) {
  const transport = scripted((request: HttpRequest) => {
    const { url, headers } = request;
    const given = headers['authorization'];
    if (given !== alice && given !== bob)
      return answer(401, { 'www-authenticate': 'Basic realm="registry"' });
    const refused = rights(given === alice ? 'alice' : 'bob', url.pathname.replace('/v2/app/', ''), request);
    if (refused !== undefined) return refused;
    return url.pathname.includes('/manifests/') ? answer(200, {}, bytes) : answer(200, {}, layer);
  });
  const trust = new FakeTrust();
  trust.answers.set(`${host}/app`, { releases: { v1: entryOf(bytes) } });
  const registry = clientOf(transport, { callers: true, clock: { now: () => 0 } });
  const proxy = await startRig({ ...options, upstreams: [{ host, registry, trust }] });
  const ask = async (path: string, authorization: string): Promise<number> => {
    const response = await fetch(`${proxy.url}/v2/app/${path}`, { headers: { authorization } });
    await response.arrayBuffer();
    return response.status;
  };
  return { ask, transport };
}

describe('a registry that shows no list', () => {
  const noList = [
    ['to this account', 403],
    ['to anybody', 404],
    ['because it has none', 405],
  ] as const;

  it.each(noList)('%s (HTTP %i) serves whoever may have what they want', async (_, status) => {
    const { ask } = await rig((_caller, path) => (path === 'tags/list' ? answer(status) : undefined));
    for (const path of paths) expect(await ask(path, alice), path).toBe(200);
  });

  it.each(noList)('%s (HTTP %i) tells nothing to those who may not', async (_, status) => {
    const { ask } = await rig((caller, path) => {
      if (path === 'tags/list') return answer(status);
      return caller === 'bob' ? answer(404) : undefined;
    });
    for (const path of paths) expect(await ask(path, alice), path).toBe(200);
    for (const path of [...paths, 'tags/list'])
      expect(await ask(path, bob), path).toBe(status === 404 ? 404 : 403);
  });

  it.each(noList)(
    '%s (HTTP %i) is asked for nothing else when a list is all that is wanted',
    async (_, status) => {
      const { ask, transport } = await rig((_caller, path) =>
        path === 'tags/list' ? answer(status) : undefined,
      );
      expect(await ask('tags/list', alice)).toBe(status === 404 ? 404 : 403);
      expect(new Set(transport.asked.map(({ url }) => url.pathname))).toEqual(new Set(['/v2/app/tags/list']));
    },
  );

  it('is another one than a registry that is out of order', async () => {
    const { ask, transport } = await rig((_caller, path) => (path === 'tags/list' ? answer(500) : undefined));
    expect(await ask('manifests/v1', alice)).toBe(503);
    expect(transport.asked.filter(({ method }) => method === 'HEAD')).toEqual([]);
  });

  it('PX-15 lists what refers to an image for whoever may have the image', async () => {
    const rights: Rights = (caller, path) => {
      if (path === 'tags/list') return answer(403);
      if (path.startsWith('referrers/')) return answer(200, {}, json({ schemaVersion: 2, manifests: [] }));
      return caller === 'bob' ? answer(404) : undefined;
    };
    const policy = policyWith({ match: '**', require: 'signed', referrers: 'pass' });
    const { ask } = await rig(rights, { policy });
    const path = `referrers/${digestOf(bytes)}`;
    expect([await ask(path, alice), await ask(path, bob)]).toEqual([200, 403]);
  });

  it('is not asked twice about an account that it does not accept', async () => {
    const { ask, transport } = await rig(() => undefined);
    expect(await ask('manifests/v1', basic('eve:e'))).toBe(401);
    expect(transport.asked.filter(({ method }) => method === 'HEAD')).toEqual([]);
  });
});

it('CA-08 what one caller brought into the cache is no answer for another who may not have it', async () => {
  const { cache } = await openRig();
  const path = `blobs/${digestOf(layer)}`;
  const rights: Rights = (caller, asked) => (caller === 'bob' && asked === path ? answer(404) : undefined);
  const { ask } = await rig(rights, { cache });
  expect(await ask(path, alice)).toBe(200);
  await expect.poll(() => isCached(cache, digestOf(layer))).toBe(true);
  expect([await ask(path, bob), await ask(path, alice)]).toEqual([404, 200]);
});

describe('BL-13 a transfer that several callers share', () => {
  /** What alice and bob get, when bob joins before this comes of what alice began. */
  async function shared(outcome: () => HttpResponse): Promise<{ alice: number; bob: number }> {
    const { cache } = await openRig();
    let join = (): void => undefined;
    const joined = new Promise<void>((resolve) => (join = resolve));
    const path = `blobs/${digestOf(layer)}`;
    const { ask, transport } = await rig(
      (caller, asked, { method }) => {
        if (asked !== path) return undefined;
        // Whoever joins asks for leave first.
        if (caller === 'bob' && method === 'HEAD') join();
        return caller === 'alice' && method === 'GET' ? joined.then(outcome) : undefined;
      },
      { cache },
    );
    const first = ask(path, alice);
    await expect.poll(() => transport.asked.some(({ url }) => url.pathname.endsWith(path))).toBe(true);
    const second = await ask(path, bob);
    return { alice: await first, bob: second };
  }

  it.each([401, 403, 404, 418, 429])(
    'is not refused to one (HTTP %i) in the name of another',
    async (status) => {
      const got = await shared(() => answer(status, { 'retry-after': '60' }));
      expect(got.bob).toBe(200);
      expect(got.alice).not.toBe(200);
    },
  );

  it.each([
    ['is out of order', () => answer(500)],
    [
      'cannot be reached',
      () => {
        throw new DctError('UNREACHABLE', { origin: `https://${host}`, problem: 'refused' });
      },
    ],
  ])('fails for all when the registry %s', async (_how, outcome) => {
    expect(await shared(outcome)).toEqual({ alice: 503, bob: 503 });
  });
});

describe('MF-15 strict rules', () => {
  const policy = policyWith({ match: '**', require: 'signed', strict: true });

  it('AU-12 read the signed manifests with the account of the caller', async () => {
    const { ask, transport } = await rig(() => undefined, { policy });
    expect(await ask(`blobs/${digestOf(layer)}`, bob)).toBe(200);
    const read = transport.asked.filter(({ url }) => url.pathname.includes('/manifests/'));
    expect(new Set(read.map(({ headers }) => headers['authorization']))).toEqual(new Set([bob]));
  });

  const denied = new DctError('REGISTRY_DENIED', { url: host, status: 403, user: 'bob' });
  const away = new DctError('UNREACHABLE', { origin: `https://${host}`, problem: 'refused' });
  it.each([
    { name: 'what is denied to one caller is read again for the next', error: denied, reads: 2 },
    { name: 'what nobody could read now is not read again for the next', error: away, reads: 1 },
  ])('$name, who waited for it', async ({ error, reads }) => {
    const content = new ReachableContent({ now: () => 0 }, 1);
    const [root, gun] = [digestOf(bytes), gunOf('app')];
    const roots = {
      signed: { digests: () => [root] } as unknown as SignedTags,
      has: (one: Digest) => one === root,
    };
    const { signal } = new AbortController();
    const manifest = { bytes, digest: root, ...readManifest(bytes, 'app') };
    let count = 0;
    const read = (): Promise<typeof manifest> =>
      count++ === 0 ? Promise.reject(error) : Promise.resolve(manifest);
    const checks = [1, 2].map(() => content.check(gun, digestOf(layer), { roots, read, signal }));
    const [first, second] = await Promise.allSettled(checks);
    expect(first).toEqual({ status: 'rejected', reason: error });
    expect([second, count]).toEqual([reads === 1 ? first : { status: 'fulfilled', value: undefined }, reads]);
  });
});
