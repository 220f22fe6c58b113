// Manifests of every kind: pushed, served as they were pushed, deleted.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import {
  acceptManifests,
  dockerList,
  dockerManifest,
  ociArtifact,
  ociIndex,
  ociManifest,
} from '../../../src/registry/index.ts';
import {
  json,
  prepareImage,
  pushBlob,
  pushImage,
  putManifest,
  testRegistry,
  type Answered,
} from './support.ts';

const absent = digestOf(utf8('never pushed'));
const entry = (digest: string, mediaType = 'application/x') => ({ mediaType, digest, size: 1 });
const put = (
  { ask }: ReturnType<typeof testRegistry>,
  bytes: Uint8Array,
  mediaType: string,
  reference = '1',
): Promise<Answered> =>
  ask(`PUT /v2/app/manifests/${reference}`, { headers: { 'content-type': mediaType }, body: bytes });

describe('an image', () => {
  it.each([dockerManifest, ociManifest])('of type %s is served as it was pushed', async (mediaType) => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app', { mediaType });
    const pushed = await putManifest(registry, 'app', '1.0', image);
    expect(pushed.headers).toMatchObject({
      location: `/v2/app/manifests/${image.digest}`,
      'docker-content-digest': image.digest,
    });
    for (const reference of ['1.0', image.digest]) {
      const { status, headers, bytes } = await registry.ask(`GET /v2/app/manifests/${reference}`);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': mediaType,
        'content-length': String(image.bytes.length),
        'docker-content-digest': image.digest,
      });
      expect(bytes).toEqual(image.bytes);
      const head = await registry.ask(`HEAD /v2/app/manifests/${reference}`);
      expect(head.headers).toEqual(headers);
    }
  });

  it('may be pushed by digest alone, also by sha512', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    const long = digestOf(image.bytes, 'sha512');
    await putManifest(registry, 'app', image.digest, image);
    const pushed = await putManifest(registry, 'app', long, image);
    expect(pushed.headers['docker-content-digest']).toBe(long);
    expect((await registry.ask(`GET /v2/app/manifests/${long}`)).bytes).toEqual(image.bytes);
    expect(JSON.parse((await registry.ask('GET /v2/app/tags/list')).text)).toEqual({ name: 'app', tags: [] });
  });

  it('moves the tag when it is pushed under one that is taken', async () => {
    const registry = testRegistry();
    const before = await pushImage(registry, 'app', '1', { layers: [utf8('before')] });
    const after = await pushImage(registry, 'app', '1', { layers: [utf8('after')] });
    const { headers } = await registry.ask('HEAD /v2/app/manifests/1');
    expect(headers['docker-content-digest']).toBe(after.digest);
    expect((await registry.ask(`GET /v2/app/manifests/${before.digest}`)).status).toBe(200);
  });

  it('of another repository is unknown', async () => {
    const registry = testRegistry();
    const { digest } = await pushImage(registry, 'app', '1');
    for (const reference of ['1', digest])
      expect(await registry.ask(`GET /v2/other/manifests/${reference}`)).toMatchObject({
        status: 404,
        code: 'MANIFEST_UNKNOWN',
      });
  });

  it('may have its type from the document alone, and parameters in the Content-Type', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    expect((await registry.ask('PUT /v2/app/manifests/1', { body: image.bytes })).status).toBe(201);
    expect((await put(registry, image.bytes, `${ociManifest}; charset=utf-8`, '2')).status).toBe(201);
    for (const tag of ['1', '2'])
      expect((await registry.ask(`GET /v2/app/manifests/${tag}`)).headers['content-type']).toBe(ociManifest);
  });

  it('is not sent to who has it already', async () => {
    const registry = testRegistry();
    const { digest } = await pushImage(registry, 'app', '1');
    const headers = { 'if-none-match': `"${digest}"` };
    expect((await registry.ask('GET /v2/app/manifests/1', { headers })).status).toBe(304);
  });
});

describe('other kinds of manifest', () => {
  it.each([dockerList, ociIndex])('%s with the images it lists', async (mediaType) => {
    const registry = testRegistry();
    const [one, two] = [await pushImage(registry, 'app', ''), await pushImage(registry, 'app', 'tagged')];
    const bytes = json({
      schemaVersion: 2,
      mediaType,
      manifests: [entry(one.digest, one.mediaType), entry(two.digest, two.mediaType)],
    });
    await putManifest(registry, 'app', '1', { mediaType, bytes });
    expect(await registry.ask('GET /v2/app/manifests/1')).toMatchObject({
      bytes,
      headers: { 'content-type': mediaType },
    });
  });

  it('an artifact with its blobs, and one with none', async () => {
    const registry = testRegistry();
    const blob = await pushBlob(registry, 'app', utf8('a signature'));
    for (const more of [{ blobs: [entry(blob)] }, {}]) {
      const bytes = json({ mediaType: ociArtifact, artifactType: 'a/b', ...more });
      await putManifest(registry, 'app', '1', { mediaType: ociArtifact, bytes });
      expect((await registry.ask('GET /v2/app/manifests/1')).bytes).toEqual(bytes);
    }
  });

  it('a type that nobody knows, whatever it refers to', async () => {
    const registry = testRegistry();
    const bytes = json({ layers: [entry(absent)], config: 'anything' });
    await putManifest(registry, 'app', '1', { mediaType: 'application/vnd.example+json', bytes });
    expect(await registry.ask('GET /v2/app/manifests/1')).toMatchObject({
      bytes,
      headers: { 'content-type': 'application/vnd.example+json' },
    });
  });

  it('an image whose foreign layers lie elsewhere', async () => {
    const registry = testRegistry();
    const { bytes } = await prepareImage(registry, 'app', {
      rest: {
        layers: [
          entry(absent, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
          entry(absent, 'application/vnd.oci.image.layer.nondistributable.v1.tar'),
        ],
      },
    });
    expect((await put(registry, bytes, ociManifest)).status).toBe(201);
  });

  it('an image whose layers are null, as Go writes none', async () => {
    const registry = testRegistry();
    const { bytes } = await prepareImage(registry, 'app', { rest: { layers: null } });
    expect((await put(registry, bytes, ociManifest)).status).toBe(201);
  });
});

describe('Accept', () => {
  it.each([
    [ociManifest, undefined, 200],
    [ociManifest, '*/*', 200],
    [ociManifest, 'application/*;q=0.5', 200],
    [ociManifest, acceptManifests, 200],
    [ociManifest, `${dockerManifest}, ${ociManifest}; q=0.1`, 200],
    [ociManifest, dockerManifest, 404],
    [ociManifest, 'application/json', 404],
    [dockerManifest, ociManifest, 200],
    [dockerManifest, 'application/vnd.docker.distribution.manifest.v1+prettyjws', 200],
  ])('MF-13: %s for "%s": %i, and never converted', async (mediaType, accept, status) => {
    const registry = testRegistry();
    const image = await pushImage(registry, 'app', '1', { mediaType });
    for (const reference of ['1', image.digest]) {
      const headers = accept === undefined ? {} : { accept };
      const answer = await registry.ask(`GET /v2/app/manifests/${reference}`, { headers });
      expect(answer.status).toBe(status);
      if (status === 200) expect(answer.bytes).toEqual(image.bytes);
      else expect(answer.code).toBe('MANIFEST_UNKNOWN');
    }
  });
});

describe('deleting', () => {
  it('a tag deletes that tag alone', async () => {
    const registry = testRegistry();
    const { digest } = await pushImage(registry, 'app', '1');
    await pushImage(registry, 'app', '2');
    expect((await registry.ask('DELETE /v2/app/manifests/1')).status).toBe(202);
    expect((await registry.ask('GET /v2/app/manifests/1')).status).toBe(404);
    for (const reference of ['2', digest])
      expect((await registry.ask(`GET /v2/app/manifests/${reference}`)).status).toBe(200);
  });

  it('a digest deletes the manifest with all its tags', async () => {
    const registry = testRegistry();
    const { digest } = await pushImage(registry, 'app', '1');
    await pushImage(registry, 'app', '2');
    await pushImage(registry, 'app', 'other', { layers: [utf8('another')] });
    expect((await registry.ask(`DELETE /v2/app/manifests/${digest}`)).status).toBe(202);
    for (const reference of ['1', '2', digest])
      expect((await registry.ask(`GET /v2/app/manifests/${reference}`)).status).toBe(404);
    expect(JSON.parse((await registry.ask('GET /v2/app/tags/list')).text)).toMatchObject({ tags: ['other'] });
  });

  it.each(['none', absent])('of %s: MANIFEST_UNKNOWN', async (reference) => {
    const registry = testRegistry();
    await pushImage(registry, 'app', '1');
    for (const repository of ['app', 'nowhere'])
      expect(await registry.ask(`DELETE /v2/${repository}/manifests/${reference}`)).toMatchObject({
        status: 404,
        code: 'MANIFEST_UNKNOWN',
      });
  });
});
