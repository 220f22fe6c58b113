// What a signed tag may stand for, asked by HTTP of a proxy whose registry has exactly what a test gives it (TG-*, MF-*).
import { afterEach, expect, test } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { createTransport } from '../../src/http/transport.ts';
import { createRegistry, ociIndex, ociManifest } from '../../src/registry/index.ts';
import { startProxy, type Decision } from '../../src/proxy/index.ts';
import { entryOf, errorOf, FakeTrust, gunOf } from '../proxy/fakes.ts';
import { serve, type HostileServer } from '../support/hostile-server.ts';
import { expectDiscreet, watchHeld, withinBudget, type HeldWatch } from './invariants.ts';

const watches: HeldWatch[] = [];
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  for (const { expectReleased } of watches.splice(0)) await expectReleased();
});

const document = (value: object): Buffer => Buffer.from(JSON.stringify({ schemaVersion: 2, ...value }));
const descriptor = (digest: string, size = 1, mediaType = 'application/octet-stream'): object => {
  return { mediaType, digest, size };
};

interface Rig {
  readonly registry: HostileServer;
  readonly decisions: readonly Decision[];
  /** Makes the registry serve this, by digest, as a manifest and as a blob. */
  store(bytes: Buffer): Digest;
  /** Signs this content as a tag of `app`. */
  sign(tag: string, bytes: Buffer): void;
  get(path: string): Promise<Response>;
}

async function start(): Promise<Rig> {
  watches.push(watchHeld());
  const contents = new Map<string, Buffer>();
  const registry = await serve((response, { path }) => {
    const bytes = contents.get(path.slice(path.lastIndexOf('/') + 1));
    response.writeHead(bytes === undefined ? 404 : 200);
    response.end(bytes);
  });
  const transport = createTransport();
  const trust = new FakeTrust();
  const signed: Record<string, ReturnType<typeof entryOf>> = {};
  const decisions: Decision[] = [];
  const clock = { now: () => 0 };
  const credentials = () => Promise.resolve(undefined);
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const { host } = registry;
  const proxy = await startProxy({
    listen: { host: '127.0.0.1', port: 0 },
    upstreams: [{ host, registry: createRegistry({ host, transport, credentials, clock }), trust }],
    clock,
    notices: { warn: say, info: say, debug: say },
    onDecision: (decision) => void decisions.push(decision),
  });
  stops.push(
    async () => {
      await proxy.close(0);
      expectDiscreet(said);
    },
    () => transport.close(),
    () => registry.close(),
  );
  return {
    registry,
    decisions,
    store: (bytes) => {
      const digest = digestOf(bytes);
      contents.set(digest, bytes);
      return digest;
    },
    sign: (tag, bytes) => {
      signed[tag] = entryOf(bytes);
      trust.answers.set(gunOf('app', host), { releases: { ...signed } });
    },
    get: (path) => withinBudget(() => fetch(`${proxy.url}/v2/app/${path}`)),
  };
}

/** I3: a refusal is the proxy's own document, and has nothing of the content in it. */
async function expectRefused(rig: Rig, path: string, reason: string, content: Buffer): Promise<void> {
  const response = await rig.get(path);
  expect(response.status).toBe(403);
  expect(response.headers.get('content-type')).toBe('application/json');
  const error = await errorOf(response);
  expect(error.detail.reason).toBe(reason);
  expect(JSON.stringify(error)).not.toContain(content.toString().slice(0, 24));
  await expect.poll(() => rig.decisions.at(-1)).toMatchObject({ verdict: 'refused', reason });
}

test.each([
  ['a configuration', document({ architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } })],
  ['a layer', Buffer.from('\u001f\u008b\u0008 not even JSON, and long enough to be recognised')],
  ['nothing at all', Buffer.from('{"a":"this is long enough to be recognised"}')],
])('TG-06: %s, signed as a tag, is no manifest', async (_what, content) => {
  const rig = await start();
  rig.sign('v1', content);
  await expectRefused(rig, 'manifests/v1', 'SIGNED_MANIFEST_MISSING', content);
  rig.store(content);
  await expectRefused(rig, 'manifests/v1', 'MANIFEST_REFUSED', content);
});

test('TG-07, MF-06: an index is signed; its platforms are bound by their hashes, and one that is missing is 404', async () => {
  const rig = await start();
  const image = document({
    mediaType: ociManifest,
    config: descriptor(digestOf(Buffer.from('c'))),
    layers: [],
  });
  const lost = document({
    mediaType: ociManifest,
    config: descriptor(digestOf(Buffer.from('d'))),
    layers: [],
  });
  const manifests = [image, lost].map((bytes) => descriptor(digestOf(bytes), bytes.length, ociManifest));
  const index = document({ mediaType: ociIndex, manifests });
  rig.store(index);
  rig.store(image);
  rig.sign('v1', index);
  const byTag = await rig.get('manifests/v1');
  expect([byTag.status, byTag.headers.get('content-type')]).toEqual([200, ociIndex]);
  expect(Buffer.from(await byTag.arrayBuffer()).equals(index)).toBe(true);
  const child = await rig.get(`manifests/${digestOf(image)}`);
  expect([child.status, child.headers.get('content-type')]).toEqual([200, ociManifest]);
  expect((await rig.get(`manifests/${digestOf(lost)}`)).status).toBe(404);
  expect((await rig.get('manifests/v1')).status).toBe(200);
});

test('MF-08: an index of indexes is passed on one at a time, and nothing below it is fetched', async () => {
  const rig = await start();
  let inner = document({ mediaType: ociIndex, manifests: [] });
  for (let depth = 0; depth < 10; depth++) {
    rig.store(inner);
    inner = document({
      mediaType: ociIndex,
      manifests: [descriptor(digestOf(inner), inner.length, ociIndex)],
    });
  }
  rig.store(inner);
  rig.sign('v1', inner);
  expect((await rig.get('manifests/v1')).status).toBe(200);
  const asked = rig.registry.heard.map(({ path }) => path).filter((path) => path !== '/v2/');
  expect(asked).toEqual([`/v2/app/manifests/${digestOf(inner)}`]);
});

test('MF-08: many children, and the same platform many times, up to the size of a manifest and no further', async () => {
  const rig = await start();
  const child = descriptor(digestOf(Buffer.from('x')), 1, ociManifest);
  const amd64 = { ...child, platform: { os: 'linux', architecture: 'amd64' } };
  const many = document({ mediaType: ociIndex, manifests: Array(15_000).fill(amd64) });
  const tooMany = document({ mediaType: ociIndex, manifests: Array(100_000).fill(amd64) });
  expect(many.length).toBeLessThan(limits.manifestBytes);
  rig.store(many);
  rig.store(tooMany);
  rig.sign('v1', many);
  rig.sign('v2', tooMany);
  expect((await rig.get('manifests/v1')).status).toBe(200);
  await expectRefused(rig, 'manifests/v2', 'TARGET_UNUSABLE', tooMany);
  const byDigest = await rig.get(`manifests/${digestOf(tooMany)}`);
  expect((await errorOf(byDigest)).detail.reason).toBe('LIMIT');
});

test('BL-14: addresses of a layer are never asked', async () => {
  const rig = await start();
  const elsewhere = await serve((response) => response.end('a layer'));
  stops.push(() => elsewhere.close());
  const layer = digestOf(Buffer.from('a layer'));
  const foreign = { ...descriptor(layer, 7), urls: [`${elsewhere.origin}/layer`] };
  const image = document({
    mediaType: ociManifest,
    config: descriptor(digestOf(Buffer.from('c'))),
    layers: [foreign],
  });
  rig.store(image);
  rig.sign('v1', image);
  const manifest = await rig.get('manifests/v1');
  expect(Buffer.from(await manifest.arrayBuffer()).equals(image)).toBe(true);
  const missing = await rig.get(`blobs/${layer}`);
  expect([missing.status, (await errorOf(missing)).detail.reason]).toEqual([404, 'BLOB_UNKNOWN']);
  expect(rig.registry.heard.map(({ path }) => path)).toContain(`/v2/app/blobs/${layer}`);
  rig.store(Buffer.from('a layer'));
  expect(await (await rig.get(`blobs/${layer}`)).text()).toBe('a layer');
  expect(elsewhere.heard).toEqual([]);
});

test('MF-16: of name:tag@digest a client sends the digest alone, so the tag decides nothing', async () => {
  const rig = await start();
  const [signed, pinned] = ['signed', 'pinned'].map((note) =>
    document({ mediaType: ociManifest, config: descriptor(digestOf(Buffer.from(note))), layers: [] }),
  ) as [Buffer, Buffer];
  rig.store(signed);
  rig.store(pinned);
  rig.sign('v1', signed);
  expect((await rig.get(`manifests/${digestOf(pinned)}`)).status).toBe(200);
  expect((await rig.get(`manifests/v1@${digestOf(pinned)}`)).status).toBe(400);
  expect((await rig.get('manifests/v1')).headers.get('docker-content-digest')).toBe(digestOf(signed));
});
