// The registry as an attacker: altered layers and swapped tags, and a client that is not fooled.
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import type { Transport } from '../../../src/base/ports.ts';
import type { Tag } from '../../../src/base/reference.ts';
import { ociIndex, type Registry } from '../../../src/registry/index.ts';
import type { Alteration } from '../../../src/sandbox/registry/server.ts';
import { clientOf } from '../../registry/support.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { json, pushBlob, pushImage, putManifest, testRegistry, whole, type TestRegistry } from './support.ts';

const first = utf8('the first layer');
const second = utf8('the second one!');
const secondDigest = digestOf(second);

async function withImage(): Promise<TestRegistry> {
  const registry = testRegistry();
  await pushImage(registry, 'app', '1', { layers: [first, second] });
  return registry;
}

const alterations: readonly [Alteration, Uint8Array][] = [
  ['flip-bit', second.map((byte, i) => (i === 7 ? byte ^ 1 : byte))],
  ['truncate', second.subarray(0, -1)],
  ['extend', concat(second, Uint8Array.of(0))],
  ['replace', second.map((byte) => ~byte)],
];

describe.each(alterations)('a layer under %s', (how, altered) => {
  it('is served altered while everything else claims the truth', async () => {
    const registry = await withImage();
    const report = await registry.attacks.corrupt('app', '1', { layer: 2, how });
    expect(report).toMatchObject({
      repository: 'app',
      layer: 2,
      digest: secondDigest,
      sizeBefore: second.length,
      sizeAfter: altered.length,
    });
    expect(report.done).not.toBe('');
    const { status, headers, bytes } = await registry.ask(`GET /v2/app/blobs/${secondDigest}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'docker-content-digest': secondDigest,
      'content-length': String(altered.length),
    });
    expect(bytes).toEqual(altered);
    expect((await registry.ask(`HEAD /v2/app/blobs/${secondDigest}`)).headers).toEqual(headers);
    expect((await registry.ask(`GET /v2/app/blobs/${digestOf(first)}`)).bytes).toEqual(first);
  });

  it('is altered in every part of it in the same way', async () => {
    const registry = await withImage();
    await registry.attacks.corrupt('app', '1', { layer: 2, how });
    for (const [start, end] of [
      [0, 3],
      [6, 9],
      [7, 8],
      [12, altered.length],
      [altered.length - 1, altered.length],
    ] as const) {
      const headers = { range: `bytes=${start}-${end - 1}` };
      const { status, bytes } = await registry.ask(`GET /v2/app/blobs/${secondDigest}`, { headers });
      expect({ status, bytes }).toEqual({ status: 206, bytes: altered.subarray(start, end) });
    }
  });

  it('is refused by a client that verifies, and accepted again afterwards', async () => {
    const registry = await withImage();
    const client = clientOf(transportTo(registry));
    expect(await pull(client, secondDigest)).toEqual(Buffer.from(second));
    await registry.attacks.corrupt('app', '1', { layer: 2, how });
    expect(await codeOfRejection(pull(client, secondDigest))).toBe('CONTENT_MISMATCH');
    expect(await pull(client, digestOf(first))).toEqual(Buffer.from(first));
    await registry.attacks.restore('app');
    expect(await pull(client, secondDigest)).toEqual(Buffer.from(second));
  });

  it('never changes what is stored', async () => {
    const registry = await withImage();
    await pushBlob(registry, 'other', second);
    await registry.attacks.corrupt('app', '1', { layer: 2, how });
    await registry.ask(`GET /v2/app/blobs/${secondDigest}`);
    expect((await registry.ask(`GET /v2/other/blobs/${secondDigest}`)).bytes).toEqual(second);
    const mount = `POST /v2/third/blobs/uploads/?mount=${secondDigest}&from=app`;
    expect((await registry.ask(mount)).status).toBe(201);
    expect((await registry.ask(`GET /v2/third/blobs/${secondDigest}`)).bytes).toEqual(second);
  });
});

describe('corrupting a layer', () => {
  it('reaches the first image through an index', async () => {
    const registry = testRegistry();
    const [one, two] = [
      await pushImage(registry, 'app', '', { layers: [first] }),
      await pushImage(registry, 'app', '', { layers: [second] }),
    ];
    const manifests = [one, two].map(({ mediaType, digest, bytes }) => ({
      mediaType,
      digest,
      size: bytes.length,
    }));
    const bytes = json({ schemaVersion: 2, mediaType: ociIndex, manifests });
    await putManifest(registry, 'app', 'multi', { mediaType: ociIndex, bytes });
    for (const reference of ['multi', digestOf(bytes)]) {
      const report = await registry.attacks.corrupt('app', reference, { layer: 1, how: 'truncate' });
      expect(report.digest).toBe(digestOf(first));
    }
  });

  it('of a later kind takes the place of the earlier one', async () => {
    const registry = await withImage();
    await registry.attacks.corrupt('app', '1', { layer: 2, how: 'truncate' });
    await registry.attacks.corrupt('app', '1', { layer: 2, how: 'extend' });
    const { headers } = await registry.ask(`HEAD /v2/app/blobs/${secondDigest}`);
    expect(headers['content-length']).toBe(String(second.length + 1));
    expect(await registry.attacks.restore('app')).toMatchObject({ repository: 'app', ended: 1 });
  });

  it.each([
    ['other', '1', 1, 'NAME_UNKNOWN'],
    ['app', '2', 1, 'MANIFEST_UNKNOWN'],
    ['app', digestOf(first), 1, 'MANIFEST_UNKNOWN'],
    ['app', 'no tag!', 1, 'MANIFEST_UNKNOWN'],
    ['app', '1', 0, 'USAGE'],
    ['app', '1', 3, 'USAGE'],
    ['app', '1', 1.5, 'USAGE'],
    ['app', '1', -1, 'USAGE'],
  ] as const)('of %s:%s, layer %d: %s', async (repository, reference, layer, code) => {
    const { attacks } = await withImage();
    expect(await codeOfRejection(attacks.corrupt(repository, reference, { layer, how: 'replace' }))).toBe(
      code,
    );
  });

  it('in a way that does not exist: USAGE', async () => {
    const { attacks } = await withImage();
    expect(await codeOfRejection(attacks.corrupt('app', '1', { layer: 1, how: 'burn' as Alteration }))).toBe(
      'USAGE',
    );
  });

  it('that is empty can only make it longer', async () => {
    const registry = testRegistry();
    await pushImage(registry, 'app', '1', { layers: [new Uint8Array()] });
    for (const how of ['flip-bit', 'truncate', 'replace'] as const)
      expect(await codeOfRejection(registry.attacks.corrupt('app', '1', { layer: 1, how }))).toBe('USAGE');
    const report = await registry.attacks.corrupt('app', '1', { layer: 1, how: 'extend' });
    expect(report).toMatchObject({ sizeBefore: 0, sizeAfter: 1 });
  });

  it('that was deleted: BLOB_UNKNOWN', async () => {
    const registry = await withImage();
    await registry.ask(`DELETE /v2/app/blobs/${secondDigest}`);
    const attack = registry.attacks.corrupt('app', '1', { layer: 2, how: 'truncate' });
    expect(await codeOfRejection(attack)).toBe('BLOB_UNKNOWN');
  });
});

describe('swapping a tag', () => {
  it('serves another manifest under it, until it is restored', async () => {
    const registry = await withImage();
    const honest = await registry.ask('GET /v2/app/manifests/1');
    const evil = await pushImage(registry, 'app', 'evil', { layers: [utf8('evil')] });
    const report = await registry.attacks.swapTag('app', '1', 'evil');
    expect(report).toMatchObject({
      repository: 'app',
      tag: '1',
      digestBefore: honest.headers['docker-content-digest'],
      digestAfter: evil.digest,
      sizeBefore: honest.bytes.length,
      sizeAfter: evil.bytes.length,
    });
    const swapped = await registry.ask('GET /v2/app/manifests/1');
    expect(swapped.bytes).toEqual(evil.bytes);
    expect(swapped.headers['docker-content-digest']).toBe(evil.digest);
    const before = honest.headers['docker-content-digest'] ?? '';
    expect((await registry.ask(`GET /v2/app/manifests/${before}`)).bytes).toEqual(honest.bytes);
    await registry.attacks.restore('app');
    expect((await registry.ask('GET /v2/app/manifests/1')).bytes).toEqual(honest.bytes);
  });

  it('is told apart by a client that compares with what was signed', async () => {
    const registry = await withImage();
    const client = clientOf(transportTo(registry));
    const signed = await client.manifest('app', '1' as Tag);
    const evil = await pushImage(registry, 'app', 'evil', { layers: [utf8('evil')] });
    await registry.attacks.swapTag('app', '1', evil.digest);
    expect((await client.manifest('app', '1' as Tag)).digest).toBe(evil.digest);
    expect((await client.manifest('app', signed.digest)).bytes).toEqual(signed.bytes);
  });

  it.each([
    ['other', '1', '1', 'NAME_UNKNOWN'],
    ['app', 'none', '1', 'MANIFEST_UNKNOWN'],
    ['app', '1', 'none', 'MANIFEST_UNKNOWN'],
    ['app', '1', digestOf(first), 'MANIFEST_UNKNOWN'],
  ])('%s:%s for %s: %s', async (repository, tag, other, code) => {
    const { attacks } = await withImage();
    expect(await codeOfRejection(attacks.swapTag(repository, tag, other))).toBe(code);
  });
});

describe('restoring', () => {
  it('ends the attacks on one repository and tells how many there were', async () => {
    const registry = await withImage();
    await pushImage(registry, 'other', '1', { layers: [second] });
    for (const layer of [1, 2]) await registry.attacks.corrupt('app', '1', { layer, how: 'truncate' });
    await registry.attacks.swapTag('app', '1', '1');
    await registry.attacks.corrupt('other', '1', { layer: 1, how: 'truncate' });
    expect(await registry.attacks.restore('app')).toMatchObject({ repository: 'app', ended: 3 });
    expect(await registry.attacks.restore('app')).toMatchObject({ ended: 0 });
    const { headers } = await registry.ask(`HEAD /v2/other/blobs/${secondDigest}`);
    expect(headers['content-length']).toBe(String(second.length - 1));
  });

  it('of a repository that is not there: NAME_UNKNOWN', async () => {
    expect(await codeOfRejection(testRegistry().attacks.restore('none'))).toBe('NAME_UNKNOWN');
  });
});

/** The registry as a transport of the verified client, without a socket. */
function transportTo({ handle }: TestRegistry): Transport {
  return async ({ method, url, headers }) => {
    const target = url.pathname + url.search;
    const nothing = async function* (): AsyncIterable<Uint8Array> {};
    const answer = await handle({ method, target, headers, body: nothing() });
    const fields = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      status: answer.status,
      headers: Object.fromEntries(fields) as Record<string, string>,
      body: {
        deliver: async (onChunk) => {
          await onChunk(await whole(answer.body));
        },
        cancel: () => undefined,
      },
    };
  };
}

async function pull(client: Registry, digest: Digest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const blob = await client.blob('app', digest);
  await blob.deliver((chunk) => void chunks.push(Uint8Array.from(chunk)));
  return Buffer.concat(chunks);
}
