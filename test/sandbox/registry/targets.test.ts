// What request targets mean to the sandbox's registry, and which ones mean nothing.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { limits } from '../../../src/base/limits.ts';
import { pushBlob, pushImage, testRegistry } from './support.ts';

const digest = digestOf(new Uint8Array());

describe('the version', () => {
  it.each(['/v2/', '/v2'])('%s says that this is a registry', async (target) => {
    const { status, headers, text } = await testRegistry().ask(`GET ${target}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'docker-distribution-api-version': 'registry/2.0',
      'content-type': 'application/json',
    });
    expect(JSON.parse(text)).toEqual({});
  });

  it('is announced with refusals, too', async () => {
    const { headers } = await testRegistry().ask('GET /v2/app/manifests/none');
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0');
  });
});

describe('repository names', () => {
  it.each([
    'app',
    'a/b/c/d',
    'blobs',
    'manifests',
    'tags/list',
    'x/blobs/uploads',
    'blobs/uploads',
    'x/manifests/y',
    'referrers/referrers',
    'v2/v2',
  ])('PX-04: %s is pushed to, read and listed', async (repository) => {
    const registry = testRegistry();
    const image = await pushImage(registry, repository, 'list');
    const { bytes } = await registry.ask(`GET /v2/${repository}/manifests/list`);
    expect(bytes).toEqual(image.bytes);
    const layer = image.layers[0] ?? '';
    expect((await registry.ask(`HEAD /v2/${repository}/blobs/${layer}`)).status).toBe(200);
    expect(JSON.parse((await registry.ask(`GET /v2/${repository}/tags/list`)).text)).toEqual({
      name: repository,
      tags: ['list'],
    });
    expect((await registry.ask(`GET /v2/${repository}/referrers/${image.digest}`)).status).toBe(200);
  });

  it.each([
    '/v2/../manifests/1',
    '/v2/a/../../b/manifests/1',
    '/v2/./manifests/1',
    '/v2//manifests/1',
    '/v2/a//b/manifests/1',
    '/v2/manifests/1',
    '/v2/_repository.json/manifests/1',
    '/v2/UPPER/manifests/1',
    '/v2/a_/manifests/1',
    '/v2/-a/manifests/1',
    '/v2/%2e%2e/manifests/1',
    '/v2/a%2fb/manifests/1',
    '/v2/a%00/manifests/1',
    '/v2/a\\b/manifests/1',
    '/v2/é/manifests/1',
    `/v2/${'a'.repeat(256)}/manifests/1`,
    `/v2/../blobs/${digest}`,
    '/v2/../blobs/uploads/',
    '/v2/../tags/list',
    `/v2/../referrers/${digest}`,
    'v2/app/manifests/1',
    'http://elsewhere/v2/app/manifests/1',
  ])('NM-05: %s is refused', async (target) => {
    const { ask } = testRegistry();
    for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
      const { status, code } = await ask(`${method} ${target}`);
      expect({ status, code }).toEqual({ status: 400, code: 'NAME_INVALID' });
    }
  });

  it('is refused when the target has no end', async () => {
    const target = `/v2/app/tags/list?${'n'.repeat(limits.requestTargetBytes)}`;
    expect(await testRegistry().ask(`GET ${target}`)).toMatchObject({ status: 414, code: 'NAME_INVALID' });
  });
});

describe('tags and digests in the path', () => {
  it.each([
    ['/v2/app/manifests/', 'TAG_INVALID'],
    ['/v2/app/manifests/.dot', 'TAG_INVALID'],
    [`/v2/app/manifests/${'t'.repeat(129)}`, 'TAG_INVALID'],
    ['/v2/app/manifests/sha256:abc', 'DIGEST_INVALID'],
    ['/v2/app/manifests/md5:d41d8cd98f00b204e9800998ecf8427e', 'DIGEST_INVALID'],
    [`/v2/app/manifests/${digest.toUpperCase()}`, 'DIGEST_INVALID'],
    ['/v2/app/blobs/latest', 'DIGEST_INVALID'],
    ['/v2/app/blobs/', 'DIGEST_INVALID'],
    [`/v2/app/blobs/${digest}0`, 'DIGEST_INVALID'],
    ['/v2/app/referrers/latest', 'DIGEST_INVALID'],
  ])('%s: %s', async (target, code) => {
    expect(await testRegistry().ask(`GET ${target}`)).toMatchObject({ status: 400, code });
  });

  it('may have their colon escaped', async () => {
    const registry = testRegistry();
    const named = await pushBlob(registry, 'app', utf8('content'));
    for (const colon of ['%3A', '%3a'])
      expect((await registry.ask(`GET /v2/app/blobs/${named.replace(':', colon)}`)).text).toBe('content');
  });
});

describe('everything else', () => {
  it.each(['/', '/v1/', '/v2/app', '/v2/app/tags', '/v2/app/tags/lists', '/v2/_catalog/x', '/v3/_catalog'])(
    'GET %s: 404',
    async (target) => {
      expect(await testRegistry().ask(`GET ${target}`)).toMatchObject({ status: 404, code: 'UNSUPPORTED' });
    },
  );

  it.each([
    ['POST /v2/', 'GET, HEAD'],
    ['DELETE /v2/_catalog', 'GET, HEAD'],
    ['PUT /v2/app/tags/list', 'GET, HEAD'],
    [`PUT /v2/app/blobs/${digest}`, 'GET, HEAD, DELETE'],
    ['POST /v2/app/manifests/1', 'GET, HEAD, PUT, DELETE'],
    ['GET /v2/app/blobs/uploads/', 'POST'],
    ['POST /v2/app/blobs/uploads/some-id', 'GET, HEAD, PATCH, PUT, DELETE'],
    [`DELETE /v2/app/referrers/${digest}`, 'GET, HEAD'],
  ])('%s: 405, and what is allowed is %s', async (request, allow) => {
    const { status, code, headers } = await testRegistry().ask(request);
    expect({ status, code, allow: headers['allow'] }).toEqual({ status: 405, code: 'UNSUPPORTED', allow });
  });
});
