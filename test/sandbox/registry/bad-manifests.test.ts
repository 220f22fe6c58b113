// Manifests that are refused: incomplete, malformed, outdated, too large, cut off.
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { limits } from '../../../src/base/limits.ts';
import {
  dockerList,
  dockerManifest,
  ociArtifact,
  ociIndex,
  ociManifest,
} from '../../../src/registry/index.ts';
import { json, prepareImage, pushBlob, putManifest, testRegistry, type Answered } from './support.ts';

const absent = digestOf(utf8('never pushed'));
const entry = (digest: string, mediaType = 'application/x') => ({ mediaType, digest, size: 1 });
const put = (
  { ask }: ReturnType<typeof testRegistry>,
  bytes: Uint8Array,
  mediaType: string,
  reference = '1',
): Promise<Answered> =>
  ask(`PUT /v2/app/manifests/${reference}`, { headers: { 'content-type': mediaType }, body: bytes });

describe('an incomplete image', () => {
  it.each([
    ['layer', ociManifest, { config: undefined, layers: [entry(absent)] }],
    ['config', dockerManifest, { config: entry(absent), layers: [] }],
    ['image', ociIndex, { manifests: [entry(absent)] }],
    ['image', dockerList, { manifests: [entry(absent)] }],
    ['blob', ociArtifact, { blobs: [entry(absent)] }],
  ])('lacks a %s of %s: MANIFEST_BLOB_UNKNOWN', async (_, mediaType, members) => {
    const registry = testRegistry();
    const config = await pushBlob(registry, 'app', utf8('{}'));
    const bytes = json({ schemaVersion: 2, config: entry(config), ...definedOnly(members) });
    const answer = await put(registry, bytes, mediaType);
    expect(answer).toMatchObject({ status: 400, code: 'MANIFEST_BLOB_UNKNOWN' });
    expect(answer.text).toContain(absent);
    expect((await registry.ask('GET /v2/app/manifests/1')).status).toBe(404);
  });

  it('lacks what only another repository has', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'other');
    expect(await put(registry, image.bytes, ociManifest)).toMatchObject({
      status: 400,
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
  });

  it('lists a blob where a manifest belongs', async () => {
    const registry = testRegistry();
    const blob = await pushBlob(registry, 'app', utf8('not a manifest'));
    const bytes = json({ schemaVersion: 2, manifests: [entry(blob)] });
    expect(await put(registry, bytes, ociIndex)).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
  });
});

function definedOnly(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

describe('what is no manifest', () => {
  const good = { schemaVersion: 2, config: entry(absent), layers: [] };
  it.each<[string, Uint8Array | string, string]>([
    ['nothing', '', ociManifest],
    ['text', 'not JSON', ociManifest],
    ['half a document', '{"schemaVersion":2', ociManifest],
    ['two documents', '{}{}', ociManifest],
    ['a list', '[]', ociManifest],
    ['null', 'null', ociManifest],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), ociManifest],
    ['a name twice', '{"schemaVersion":2,"schemaVersion":2}', ociManifest],
    ['malformed JSON of an unknown type', '{', 'application/vnd.example+json'],
    ['no version', JSON.stringify({ ...good, schemaVersion: undefined }), ociManifest],
    ['version 3', JSON.stringify({ ...good, schemaVersion: 3 }), ociManifest],
    ['no config', JSON.stringify({ ...good, config: undefined }), ociManifest],
    ['no layers', JSON.stringify({ ...good, layers: undefined }), ociManifest],
    ['layers that are no list', JSON.stringify({ ...good, layers: {} }), ociManifest],
    ['a layer that is no descriptor', JSON.stringify({ ...good, layers: [1] }), ociManifest],
    ['a layer without digest', JSON.stringify({ ...good, layers: [{ size: 1 }] }), ociManifest],
    ['a digest of another kind', JSON.stringify({ ...good, layers: [entry('md5:00')] }), ociManifest],
    ['an index without list', '{"schemaVersion":2}', ociIndex],
    ['an index whose list is none', '{"schemaVersion":2,"manifests":{}}', dockerList],
    ['a subject that is none', '{"subject":"sha256:00"}', 'application/vnd.example+json'],
    ['a type that is no text', '{"mediaType":7}', ociManifest],
    [
      'a type that contradicts the header',
      JSON.stringify({ ...good, mediaType: dockerManifest }),
      ociManifest,
    ],
    ['an image without any type', JSON.stringify(good), ''],
    ['MF-11: schema 1 by its type', '{}', 'application/vnd.docker.distribution.manifest.v1+json'],
    ['MF-11: signed schema 1', '{}', 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['MF-11: schema 1 by its version', '{"schemaVersion":1,"fsLayers":[]}', 'application/json'],
  ])('%s: MANIFEST_INVALID', async (_, document, mediaType) => {
    const registry = testRegistry();
    const bytes = typeof document === 'string' ? utf8(document) : document;
    expect(await put(registry, bytes, mediaType)).toMatchObject({ status: 400, code: 'MANIFEST_INVALID' });
    expect((await registry.ask('GET /v2/app/tags/list')).status).toBe(404);
  });

  it('another digest than the path says: DIGEST_INVALID', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    for (const reference of [absent, digestOf(utf8('else'), 'sha512')])
      expect(await put(registry, image.bytes, ociManifest, reference)).toMatchObject({
        status: 400,
        code: 'DIGEST_INVALID',
      });
    expect((await registry.ask(`GET /v2/app/manifests/${image.digest}`)).status).toBe(404);
  });

  it('MF-09: too much of it: 413, and no more is read', async () => {
    const registry = testRegistry();
    const body = [new Uint8Array(limits.manifestBytes), new Uint8Array(1), new Error('was read')];
    expect(await registry.ask('PUT /v2/app/manifests/1', { body })).toMatchObject({
      status: 413,
      code: 'SIZE_INVALID',
    });
  });

  it('a part of one, because the client left', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    const body = [image.bytes, new Error('reset')];
    const headers = { 'content-type': ociManifest };
    expect((await registry.ask('PUT /v2/app/manifests/1', { headers, body })).status).toBe(400);
    expect((await registry.ask('GET /v2/app/manifests/1')).status).toBe(404);
  });

  it('not even white space is changed in one that is', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    const bytes = concat(utf8('\n\t '), image.bytes, utf8('\n'));
    await putManifest(registry, 'app', '1', { mediaType: ociManifest, bytes });
    expect((await registry.ask('GET /v2/app/manifests/1')).bytes).toEqual(bytes);
  });
});
