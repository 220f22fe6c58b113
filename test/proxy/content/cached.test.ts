// The proxy with a cache: parts of verified content, hits without the registry, and nobody's content for somebody else.
import { once } from 'node:events';
import { unlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { systemCalls, type CacheCalls } from '../../../src/blob-cache/calls.ts';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import {
  blobFile,
  bytesOf,
  failing,
  leftovers,
  openRig,
  withFaults,
  type CacheRig,
} from '../../blob-cache/support.ts';
import type { Tag } from '../../../src/base/reference.ts';
import { fetchPinned, fetchSigned } from '../../../src/proxy/content/manifest.ts';
import { ContentStore } from '../../../src/proxy/content/store.ts';
import type { ReleasedTarget } from '../../../src/tuf-client/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { entryOf, FakeRegistry, gunOf, manifestBytes, startRig, type Rig } from '../fakes.ts';
import { getRaw, openPaused, sendRaw } from '../raw.ts';
import { digestOfAll, ScriptedBlob } from '../scripted-blob.ts';
import { isCached, placeOf } from './flights.ts';

const whole = bytesOf(300_000);
const digest = digestOf(whole);
const target = `/v2/app/blobs/${digest}`;
const pieces = [whole.subarray(0, 100_000), whole.subarray(100_000, 200_000), whole.subarray(200_000)];

type CachedRig = Rig & { readonly disk: CacheRig };

async function cachedRig(
  options: Parameters<typeof openRig>[0] = {},
  more: Parameters<typeof startRig>[0] = {},
): Promise<CachedRig> {
  const disk = await openRig(options);
  const rig = await startRig({ cache: disk.cache, ...more });
  // I6, after the proxy has ended.
  onTestFinished(async () => expect(await leftovers(disk.directory)).toEqual([]));
  rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: whole.length, pieces }));
  rig.registry.sizes.set(digest, whole.length);
  return { ...rig, disk };
}

/** A rig whose cache has the blob, as `app` has it, and whose registry was not asked since. */
async function warmRig(options: Parameters<typeof openRig>[0] = {}): Promise<CachedRig> {
  const rig = await cachedRig(options);
  await rig.disk.cache.store(digest, whole);
  await rig.disk.cache.noteSeen(digest, gunOf('app'));
  return rig;
}

const fetchPart = (url: string, range: string, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}${target}`, { headers: { range, ...more } });

/** Reads the content too: who leaves it where it is keeps the connection. */
async function statusOf(address: string): Promise<number> {
  const response = await fetch(address);
  await response.arrayBuffer();
  return response.status;
}

/** Reads the content, and keeps nothing of it. */
async function lengthOf(address: string): Promise<number> {
  let length = 0;
  const { body } = await fetch(address);
  for await (const chunk of body ?? []) length += (chunk as Uint8Array).byteLength;
  return length;
}

describe('BL-09: a part of what was verified', () => {
  const parts: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, 300_000],
    ['bytes=299999-', 299_999, 300_000],
    ['bytes=299999-299999', 299_999, 300_000],
    ['bytes=100-199', 100, 200],
    ['bytes=262100-262200', 262_100, 262_201],
    ['bytes=299990-999999999', 299_990, 300_000],
    ['bytes=-5', 299_995, 300_000],
    ['bytes=-999999999', 0, 300_000],
    ['Bytes= 7-9 ', 7, 10],
  ];
  it.each(parts)('%s', async (range, start, end) => {
    for (const rig of [await warmRig(), await cachedRig()]) {
      const response = await fetchPart(rig.url, range);
      const body = Buffer.from(await response.arrayBuffer());
      const isWholeAnswer = response.status === 200;
      // What is not in the cache yet comes whole when that answers the request as well.
      expect(isWholeAnswer).toBe(range === 'bytes=0-' && rig.registry.requests.length > 0);
      expect(body.equals(whole.subarray(start, end))).toBe(true);
      const expected = isWholeAnswer ? null : `bytes ${start}-${end - 1}/300000`;
      expect(response.headers.get('content-range')).toBe(expected);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect(response.headers.get('content-length')).toBe(String(end - start));
    }
  });

  it.each(['bytes=300000-', 'bytes=-0', 'bytes=999999999-'])('%s is beyond its end: 416', async (range) => {
    for (const rig of [await warmRig(), await cachedRig()]) {
      const response = await fetchPart(rig.url, range);
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */300000']);
      expect((await response.arrayBuffer()).byteLength).toBe(0);
    }
  });

  const ignored = [
    'bytes=0-1,3-4',
    `bytes=${'0-0,'.repeat(2000)}5-6`,
    'bytes=5-4',
    'lines=1-2',
    'bytes=',
    'x',
  ];
  it.each(ignored.map((range) => [range.slice(0, 30), range]))('%s: the whole', async (_name, range) => {
    const response = await fetchPart((await warmRig()).url, range);
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, whole.length]);
  });

  it.each<[string, number]>([
    [`"${digest}"`, 206],
    ['"other"', 200],
    [`W/"${digest}"`, 200],
    ['Mon, 01 Jan 2024 00:00:00 GMT', 200],
  ])('If-Range %s: %d', async (condition, status) => {
    const response = await fetchPart((await warmRig()).url, 'bytes=1-2', { 'if-range': condition });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  it.each([
    ['damaged', Buffer.alloc(whole.length), 'bytes=5-9', whole.subarray(5, 10)],
    // Of what is left of it, this range would be none.
    ['shortened', whole.subarray(1), 'bytes=299999-', whole.subarray(299_999)],
  ])(
    'CA-03: of cached content that was %s comes from the registry',
    async (_how, damaged, range, expected) => {
      const { url, registry, disk } = await warmRig();
      await writeFile(blobFile(disk.directory, digest), damaged);
      const response = await fetchPart(url, range);
      expect(response.status).toBe(206);
      expect(Buffer.from(await response.arrayBuffer()).equals(expected)).toBe(true);
      expect(registry.requests).toEqual([`blob app ${digest}`]);
    },
  );

  it('is waited for, however long all of it takes', async () => {
    const { port, registry } = await cachedRig({}, { bounds: { idleMs: 300 } });
    const before = async (): Promise<void> => {
      await once(connect(port, '127.0.0.1').resume(), 'close');
    };
    registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: whole.length, pieces, before }));
    const request = `GET ${target} HTTP/1.1\r\nHost: proxy\r\nRange: bytes=5-9\r\nConnection: close\r\n\r\n`;
    expect((await sendRaw(port, request)).status).toBe(206);
  });

  it.each<[string, string]>([
    ['HEAD', 'HEAD'],
    ['a part', 'GET'],
  ])('%s: nothing is hashed to its end for who has left', async (_what, method) => {
    const large = Buffer.alloc(16 * 1024 * 1024, 7);
    const name = digestOf(large);
    const { disk } = await cachedRig();
    await disk.cache.store(name, large);
    await disk.cache.noteSeen(name, gunOf('app'));
    let reads = 0;
    let release = (): void => undefined;
    const left = new Promise<void>((resolve) => (release = resolve));
    const read: CacheCalls['read'] = async (...given) => {
      reads++;
      await left;
      return systemCalls.read(...given);
    };
    const { cache } = await disk.again({ calls: withFaults({ read }) });
    const meters = new MeterRegistry();
    const { port, decisions, registry } = await startRig({ cache, meters });
    const request = `${method} /v2/app/blobs/${name} HTTP/1.1\r\nHost: proxy\r\nRange: bytes=5-9\r\n\r\n`;
    const client = await openPaused(port, request);
    await expect.poll(() => reads).toBe(1);
    client.destroy();
    await expect.poll(() => meters.render()).toContain('dct_proxy_connections 0\n');
    release();
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left' }]);
    expect(reads).toBeLessThan(5);
    expect(registry.requests).toEqual([]);
  });

  it('of wrong content is never sent', async () => {
    const rig = await cachedRig();
    const bad = [...pieces.slice(0, 2), Buffer.alloc(100_000)];
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: whole.length, pieces: bad }));
    await expect(fetchPart(rig.url, 'bytes=0-9')).rejects.toThrow();
    await expect.poll(() => rig.decisions).toMatchObject([{ verdict: 'cut', reason: 'CONTENT_MISMATCH' }]);
    expect(rig.registry.requests).toEqual([`blob app ${digest}`]);
  });

  it('of wrong content is not asked for again, nor is the whole of it', async () => {
    const rig = await cachedRig();
    const bad = [Buffer.alloc(whole.length)];
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: whole.length, pieces: bad }));
    await expect(fetch(`${rig.url}${target}`)).rejects.toThrow();
    expect(rig.registry.requests).toEqual([`blob app ${digest}`]);
  });
});

describe('a hit', () => {
  it('needs no registry, and says so', async () => {
    const { url, registry, decisions } = await warmRig();
    const response = await fetch(`${url}${target}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
    expect(registry.requests).toEqual([]);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'served', cache: 'hit', bytes: whole.length }]);
  });

  it('BL-10: HEAD tells the size of verified content', async () => {
    const { url, registry, port, disk } = await warmRig();
    registry.sizes.set(digest, 5);
    const answer = await getRaw(port, target, '1.1', 'HEAD');
    expect(answer.headers.get('content-length')).toBe(String(whole.length));
    expect(registry.requests).toEqual([]);
    await writeFile(blobFile(disk.directory, digest), whole.subarray(1));
    const hint = await fetch(`${url}${target}`, { method: 'HEAD' });
    expect(hint.headers.get('content-length')).toBe('5');
  });

  it('BL-13: the first pull fills the cache for the next', async () => {
    const { url, registry, decisions } = await cachedRig();
    const pull = async () => (await fetch(`${url}${target}`)).arrayBuffer();
    await Promise.all(Array.from({ length: 10 }, pull));
    await expect.poll(async () => (await pull(), decisions.at(-1)?.cache)).toBe('hit');
    expect(registry.requests.filter((request) => request.startsWith('blob '))).toHaveLength(1);
    const origins = decisions.slice(0, 10).map(({ cache }) => cache);
    expect(origins.filter((origin) => origin === 'miss')).toHaveLength(1);
    expect(origins).not.toContain(undefined);
  });

  it('CA-03: that has rotted is cut off; the next one comes from the registry', async () => {
    const { url, port, registry, disk, decisions } = await warmRig();
    const bad = Buffer.from(whole);
    bad[299_999] = (bad[299_999] ?? 0) ^ 1;
    await writeFile(blobFile(disk.directory, digest), bad);
    expect((await getRaw(port, target)).complete).toBe(false);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'cut', reason: 'CACHED_CONTENT_WRONG', cache: 'hit' }]);
    expect(disk.lines.join()).toContain('is damaged');
    const response = await fetch(`${url}${target}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
    expect(registry.requests).toEqual([`blob app ${digest}`]);
  });

  it('CA-03: that has rotted before anything of it left comes from the registry at once', async () => {
    const { url, registry, disk } = await cachedRig();
    const small = Buffer.from('small');
    const name = digestOf(small);
    registry.blobs.set(name, () => new ScriptedBlob({ digest: name, size: 5, pieces: [small] }));
    await disk.cache.store(name, small);
    await disk.cache.noteSeen(name, gunOf('app'));
    await writeFile(blobFile(disk.directory, name), 'SMALL');
    expect(await (await fetch(`${url}/v2/app/blobs/${name}`)).text()).toBe('small');
  });
});

describe('CA-08, BL-15: content of one repository, asked for under another', () => {
  it('is served only when the registry has it there', async () => {
    const { url, registry } = await warmRig();
    registry.sizes.delete(digest);
    for (const range of ['bytes=0-5', 'bytes=x'])
      expect((await fetch(`${url}/v2/other/blobs/${digest}`, { headers: { range } })).status).toBe(404);
    expect((await fetch(`${url}/v2/other/blobs/${digest}`, { method: 'HEAD' })).status).toBe(404);
    registry.sizes.set(digest, whole.length);
    const pull = () => statusOf(`${url}/v2/other/blobs/${digest}`);
    registry.requests.length = 0;
    expect([await pull(), await pull()]).toEqual([200, 200]);
    expect(registry.requests).toEqual([`blob-size other ${digest}`]);
  });

  it('an error of the registry is the answer, not the content', async () => {
    const { url, registry } = await warmRig();
    registry.blobSize = () => Promise.reject(new DctError('UNREACHABLE', { origin: 'o', problem: 'p' }));
    expect(await statusOf(`${url}/v2/other/blobs/${digest}`)).toBe(503);
    expect(await statusOf(`${url}${target}`)).toBe(200);
  });
});

describe('CA-02: a cache that cannot be used', () => {
  it.each<[string, Parameters<typeof withFaults>[0]]>([
    ['nothing can be written', { openNew: failing('ENOSPC') }],
    ['a write fails', { write: failing('ENOSPC') }],
    ['nothing can be read', { openRead: failing('EMFILE') }],
  ])('%s: pulls go on', async (_name, faults) => {
    const { url, disk, registry } = await cachedRig({ calls: withFaults(faults) });
    for (const range of ['', 'bytes=5-'])
      for (let pull = 0; pull < 2; pull++) {
        const response = await fetch(`${url}${target}`, range === '' ? {} : { headers: { range } });
        expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, whole.length]);
      }
    expect(registry.requests.length).toBeGreaterThanOrEqual(4);
    expect(disk.lines).toHaveLength(1);
  });
});

it('CA-02: who joins a transfer whose beginning cannot be read from the disk gets one of their own', async () => {
  const { url, registry } = await cachedRig({ calls: withFaults({ read: failing('EIO') }) });
  const parts = Array.from({ length: 8 }, (_, i) => Buffer.alloc(1024 * 1024, i));
  const large = Buffer.concat(parts);
  const name = digestOf(large);
  let join = (): void => undefined;
  const joined = new Promise<void>((resolve) => (join = resolve));
  let transfers = 0;
  registry.blobs.set(name, () => {
    const isFirst = transfers++ === 0;
    const before = (index: number): Promise<void> | undefined =>
      isFirst && index === parts.length - 1 ? joined : undefined;
    return new ScriptedBlob({ digest: name, size: large.length, pieces: parts, before });
  });
  const first = await fetch(`${url}/v2/app/blobs/${name}`);
  const reader = (first.body as ReadableStream<Uint8Array> | null)?.getReader();
  // So much of it that its beginning has left memory.
  for (let length = 0; length < 6 * 1024 * 1024;) length += (await reader?.read())?.value?.byteLength ?? 0;
  const second = await fetch(`${url}/v2/app/blobs/${name}`);
  expect(Buffer.from(await second.arrayBuffer()).equals(large)).toBe(true);
  join();
  await reader?.cancel();
  expect(transfers).toBe(2);
});

it('CA-02, BL-05: whose answer has begun gets no second one into it when the disk cannot be read any more', async () => {
  const parts = Array<Buffer>(48).fill(Buffer.alloc(1024 * 1024, 7));
  const size = parts.length * 1024 * 1024;
  const name = digestOfAll(parts);
  const faults = withFaults({ read: failing('EIO') });
  const { url, port, registry, decisions, disk } = await cachedRig({ calls: faults });
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const before = (index: number): Promise<void> | undefined => (index === 2 ? begun : undefined);
  registry.blobs.set(name, () => new ScriptedBlob({ digest: name, size, pieces: parts, before }));
  const first = lengthOf(`${url}/v2/app/blobs/${name}`);
  await expect.poll(() => registry.requests).toHaveLength(1);
  const request = `GET /v2/app/blobs/${name} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n`;
  const slow = await openPaused(port, request);
  let received = 0;
  slow.on('error', () => undefined).once('readable', begin);
  expect(await first).toBe(size);
  await expect.poll(() => isCached(disk.cache, name)).toBe(true);
  slow.on('data', (chunk: Buffer) => (received += chunk.length));
  slow.resume();
  await once(slow, 'close');
  await expect.poll(() => decisions.at(-1)).toMatchObject({ verdict: 'cut', reason: 'DISK' });
  expect(received).toBeLessThan(size);
  expect(registry.requests).toEqual([`blob app ${name}`]);
});

it('BL-13: what the registry has not is told to all who wait, and asked for once', async () => {
  const { url, registry, disk } = await cachedRig();
  const open = vi.spyOn(disk.cache, 'open');
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  registry.blob = async (repository, name) => {
    registry.requests.push(`blob ${repository} ${name}`);
    await answered;
    throw new DctError('BLOB_UNKNOWN', { reference: name });
  };
  const pulls = Array.from({ length: 3 }, () => statusOf(`${url}${target}`));
  // What comes after a look into the cache is done at once.
  await expect
    .poll(() => open.mock.settledResults.map(({ type }) => type))
    .toEqual(pulls.map(() => 'fulfilled'));
  answer();
  expect(await Promise.all(pulls)).toEqual([404, 404, 404]);
  expect(registry.requests).toEqual([`blob app ${digest}`]);
});

describe('manifests', () => {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const emptyIndex = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] });

  async function signedRig(options: Parameters<typeof openRig>[0] = {}) {
    const rig = await cachedRig(options);
    const bytes = Buffer.from(emptyIndex);
    const name = rig.registry.store(bytes);
    rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(bytes) } });
    return { ...rig, name };
  }
  const path = (name: Digest | 'v1'): string => `/v2/app/manifests/${name}`;

  it('are asked for once, however many ask', async () => {
    const { url, registry, name } = await signedRig();
    const pulls = Array.from({ length: 10 }, () => fetch(url + path('v1'), { method: 'HEAD' }));
    expect((await Promise.all(pulls)).map(({ status }) => status)).toEqual(pulls.map(() => 200));
    expect((await fetch(url + path(name))).status).toBe(200);
    expect(registry.requests).toEqual([`manifest app ${name}`]);
  });

  it('are on disk for the next process', async () => {
    const { url, name, disk } = await signedRig();
    await (await fetch(url + path('v1'))).text();
    const again = await startRig({ cache: (await disk.again()).cache });
    expect((await fetch(again.url + path(name))).status).toBe(200);
    expect(again.registry.requests).toEqual([]);
    // Not for a repository that nobody saw it in.
    expect((await fetch(`${again.url}/v2/other/manifests/${name}`)).status).toBe(404);
  });

  it('MF-02: are compared with their digests on the way out of memory as well', async () => {
    const [right, bad] = [manifestBytes('right'), manifestBytes('wrong')];
    const name = digestOf(right);
    const place = placeOf(new ContentStore(), new FakeRegistry('registry.test'), 'app');
    const manifest = { bytes: bad, digest: name, mediaType, references: [] };
    await place.store.manifests.get(place.gun, name, () => Promise.resolve(manifest));
    const signed = { digest: name, digests: [name], length: bad.byteLength };
    expect([
      await codeOfRejection(fetchPinned(place, name)),
      await codeOfRejection(fetchSigned(place, 'v1' as Tag, signed as unknown as ReleasedTarget)),
    ]).toEqual(['CONTENT_MISMATCH', 'CONTENT_MISMATCH']);
  });

  it('CA-03: that have rotted on disk come from the registry', async () => {
    const { url, name, disk, registry } = await signedRig();
    const answer = await (await fetch(url + path('v1'))).text();
    await writeFile(blobFile(disk.directory, name), answer.replace('2', '3'));
    const again = await startRig({ cache: (await disk.again()).cache });
    again.registry.manifests.set(name, await registry.manifest('app', name));
    expect(await (await fetch(again.url + path(name))).text()).toBe(answer);
    expect(again.registry.requests).toEqual([`manifest app ${name}`]);
  });

  it('that have left the disk come from the registry', async () => {
    const { url, name, disk, registry } = await signedRig();
    await (await fetch(url + path('v1'))).text();
    await unlink(blobFile(disk.directory, name));
    const again = await startRig({ cache: disk.cache });
    again.registry.manifests.set(name, await registry.manifest('app', name));
    expect(await statusOf(again.url + path(name))).toBe(200);
    expect(again.registry.requests).toEqual([`manifest app ${name}`]);
  });

  it.each([
    ['is read from the disk up to the bound of manifests', 0, 200, 0],
    ['is none beyond it, and not even read', 1, 404, 1],
  ])('a blob that is asked for as one %s', async (_name, more, status, asked) => {
    const { url, disk, registry } = await cachedRig();
    const bytes = Buffer.from(emptyIndex.padEnd(limits.manifestBytes + more));
    const name = digestOf(bytes);
    await disk.cache.store(name, bytes);
    await disk.cache.noteSeen(name, gunOf('app'));
    expect(await statusOf(url + path(name))).toBe(status);
    expect(registry.requests).toHaveLength(asked);
  });

  it('CA-05: that were wrong are asked for again', async () => {
    const { url, registry } = await cachedRig();
    const right = manifestBytes('right');
    const name = registry.store(manifestBytes('wrong'), undefined, digestOf(right));
    expect((await fetch(url + path(name))).status).toBe(403);
    registry.store(right);
    expect((await fetch(url + path(name))).status).toBe(200);
  });
});
