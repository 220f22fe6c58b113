// Tags, repositories and referrers, page by page.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { ociIndex, ociManifest } from '../../../src/registry/index.ts';
import {
  json,
  prepareImage,
  pushBlob,
  pushImage,
  putManifest,
  testRegistry,
  type TestRegistry,
} from './support.ts';

const tags = ['B', '_', 'a', 'a-1', 'a.1', 'b'];

async function withTags(): Promise<TestRegistry> {
  const registry = testRegistry();
  const image = await prepareImage(registry, 'app');
  for (const tag of [...tags].reverse()) await putManifest(registry, 'app', tag, image);
  return registry;
}

/** Follows the links from page to page; answers the pages. */
async function pages({ ask }: TestRegistry, first: string, member: string): Promise<string[][]> {
  const all: string[][] = [];
  for (let target: string | undefined = first; target !== undefined;) {
    const { headers, text } = await ask(`GET ${target}`);
    all.push((JSON.parse(text) as Record<string, string[]>)[member] ?? []);
    target = /^<(\/[^>]*)>; rel="next"$/.exec(headers['link'] ?? '')?.[1];
  }
  return all;
}

describe('the tags of a repository', () => {
  it('are listed in the order of their bytes', async () => {
    const registry = await withTags();
    const { headers, text } = await registry.ask('GET /v2/app/tags/list');
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text)).toEqual({ name: 'app', tags });
  });

  it.each([
    ['', [tags]],
    ['?n=100', [tags]],
    ['?n=6', [tags]],
    ['?n=4', [tags.slice(0, 4), tags.slice(4)]],
    ['?n=2', [tags.slice(0, 2), tags.slice(2, 4), tags.slice(4)]],
    ['?n=0', [[]]],
    ['?last=a', [tags.slice(3)]],
    ['?last=a-0', [tags.slice(3)]],
    ['?last=zzz', [[]]],
    ['?n=2&last=a', [tags.slice(3, 5), tags.slice(5)]],
  ])('in pages as asked for with "%s"', async (query, expected) => {
    const registry = await withTags();
    expect(await pages(registry, `/v2/app/tags/list${query}`, 'tags')).toEqual(expected);
  });

  it.each(['?n=-1', '?n=many', '?n=', '?n=1.5', '?n=9999999999999999'])(
    'are refused with "%s"',
    async (query) => {
      const registry = await withTags();
      expect(await registry.ask(`GET /v2/app/tags/list${query}`)).toMatchObject({
        status: 400,
        code: 'PAGINATION_NUMBER_INVALID',
      });
    },
  );

  it('NM-08: may have the names of JavaScript', async () => {
    const registry = testRegistry();
    const image = await prepareImage(registry, 'app');
    for (const tag of ['__proto__', 'constructor']) await putManifest(registry, 'app', tag, image);
    expect((await registry.ask('GET /v2/app/manifests/__proto__')).bytes).toEqual(image.bytes);
    expect((await registry.ask('GET /v2/app/manifests/toString')).status).toBe(404);
    expect(JSON.parse((await registry.ask('GET /v2/app/tags/list')).text)).toMatchObject({
      tags: ['__proto__', 'constructor'],
    });
  });

  it('of an unknown repository: NAME_UNKNOWN', async () => {
    const registry = await withTags();
    expect(await registry.ask('GET /v2/other/tags/list')).toMatchObject({
      status: 404,
      code: 'NAME_UNKNOWN',
    });
  });
});

describe('the repositories', () => {
  it('are listed as soon as anything is in them, in pages', async () => {
    const registry = testRegistry();
    expect(await pages(registry, '/v2/_catalog', 'repositories')).toEqual([[]]);
    for (const name of ['b', 'a/b', 'a']) await pushBlob(registry, name, utf8('content'));
    expect(await pages(registry, '/v2/_catalog', 'repositories')).toEqual([['a', 'a/b', 'b']]);
    expect(await pages(registry, '/v2/_catalog?n=1', 'repositories')).toEqual([['a'], ['a/b'], ['b']]);
    expect(await pages(registry, '/v2/_catalog?n=1&last=a', 'repositories')).toEqual([['a/b'], ['b']]);
    expect((await registry.ask('GET /v2/_catalog?n=x')).code).toBe('PAGINATION_NUMBER_INVALID');
  });
});

describe('referrers', () => {
  const subject = digestOf(utf8('the subject, which need not exist'));
  const descriptor = { mediaType: ociManifest, digest: subject, size: 1 };
  const refer = (members: object) => ({ rest: { subject: descriptor, ...members } });

  const referrersOf = async (
    { ask }: TestRegistry,
    query = '',
  ): Promise<{ manifests: readonly object[]; filters: string | undefined }> => {
    const { status, headers, text } = await ask(`GET /v2/app/referrers/${subject}${query}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(ociIndex);
    const index = JSON.parse(text) as { manifests: readonly object[] };
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: ociIndex });
    return { manifests: index.manifests, filters: headers['oci-filters-applied'] };
  };

  it('are an empty index where there are none, and where there is no repository', async () => {
    expect(await referrersOf(testRegistry())).toEqual({ manifests: [], filters: undefined });
  });

  it('are listed with their type and annotations', async () => {
    const registry = testRegistry();
    const members = { artifactType: 'application/vnd.example.signature', annotations: { by: 'alice' } };
    const image = await prepareImage(registry, 'app', refer(members));
    const pushed = await putManifest(registry, 'app', image.digest, image);
    expect(pushed.headers['oci-subject']).toBe(subject);
    await pushImage(registry, 'app', 'refers-to-nothing');
    await pushImage(registry, 'elsewhere', '1', refer(members));
    expect((await referrersOf(registry)).manifests).toEqual([
      { mediaType: ociManifest, digest: image.digest, size: image.bytes.length, ...members },
    ]);
  });

  it('have the type of their config where they have none of their own', async () => {
    const registry = testRegistry();
    await pushImage(registry, 'app', '', refer({}));
    expect((await referrersOf(registry)).manifests).toMatchObject([
      { artifactType: 'application/vnd.oci.image.config' },
    ]);
  });

  it('may be an index', async () => {
    const registry = testRegistry();
    const bytes = json({ schemaVersion: 2, subject: descriptor, artifactType: 'a/index', manifests: [] });
    await putManifest(registry, 'app', 'index', { mediaType: ociIndex, bytes });
    expect((await referrersOf(registry)).manifests).toMatchObject([
      { mediaType: ociIndex, artifactType: 'a/index' },
    ]);
  });

  it('are filtered by type, and the answer says so', async () => {
    const registry = testRegistry();
    const signature = await pushImage(registry, 'app', '', refer({ artifactType: 'a/signature' }));
    await pushImage(registry, 'app', '', refer({ artifactType: 'a/bill' }));
    const { manifests, filters } = await referrersOf(registry, '?artifactType=a%2Fsignature');
    expect(manifests).toMatchObject([{ digest: signature.digest }]);
    expect(filters).toBe('artifactType');
    expect(await referrersOf(registry, '?artifactType=a/none')).toEqual({
      manifests: [],
      filters: 'artifactType',
    });
  });

  it('are gone when they are deleted', async () => {
    const registry = testRegistry();
    const { digest } = await pushImage(registry, 'app', '', refer({}));
    await registry.ask(`DELETE /v2/app/manifests/${digest}`);
    expect((await referrersOf(registry)).manifests).toEqual([]);
  });
});
