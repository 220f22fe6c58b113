// What a request line means, and which ones mean nothing.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { isDctError, type Code } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import { parsePullRequest, type Route } from '../../src/proxy/serve/route.ts';

const digest = digestOf(new Uint8Array());
const digest512 = digestOf(new Uint8Array(), 'sha512');
const longTarget = (length: number): string => `/v2/${'a'.repeat(length - 16)}/manifests/x`;
const routeOf = (target: string): Route => parsePullRequest('GET', target).route;

function codeOf(target: string, method = 'GET'): Code | undefined {
  try {
    parsePullRequest(method, target);
    return undefined;
  } catch (error) {
    return isDctError(error) ? error.code : undefined;
  }
}

describe('routes', () => {
  const all = { size: limits.tagsPerPage, after: undefined };
  it.each<[string, Route]>([
    ['/v2/', { kind: 'version' }],
    ['/v2/app/manifests/v1', { kind: 'tag', repository: 'app', tag: 'v1' as never }],
    ['/v2/a/b/c/manifests/LATEST', { kind: 'tag', repository: 'a/b/c', tag: 'LATEST' as never }],
    [`/v2/app/manifests/${digest}`, { kind: 'manifest', repository: 'app', digest }],
    [`/v2/app/manifests/${digest.replace(':', '%3A')}`, { kind: 'manifest', repository: 'app', digest }],
    [`/v2/app/manifests/${digest512}`, { kind: 'manifest', repository: 'app', digest: digest512 }],
    [`/v2/app/blobs/${digest}`, { kind: 'blob', repository: 'app', digest }],
    ['/v2/app/tags/list', { kind: 'tags', repository: 'app', page: all }],
    ['/v2/app/tags/list?n=5&last=v1', { kind: 'tags', repository: 'app', page: { size: 5, after: 'v1' } }],
    [
      `/v2/app/referrers/${digest}`,
      { kind: 'referrers', repository: 'app', digest, artifactType: undefined },
    ],
    [
      `/v2/app/referrers/${digest}?artifactType=x/y%2Bz&n=5`,
      { kind: 'referrers', repository: 'app', digest, artifactType: 'x/y+z' },
    ],
    [
      `/v2/app/referrers/${digest}?artifactType=`,
      { kind: 'referrers', repository: 'app', digest, artifactType: undefined },
    ],
  ])('%s', (target, route) => {
    expect(routeOf(target)).toEqual(route);
  });

  it('PX-04: the grammar is matched from the right', () => {
    expect(routeOf('/v2/manifests/manifests/latest')).toMatchObject({ kind: 'tag', repository: 'manifests' });
    expect(routeOf(`/v2/blobs/blobs/${digest}`)).toMatchObject({ kind: 'blob', repository: 'blobs' });
    expect(routeOf('/v2/tags/tags/list')).toMatchObject({ kind: 'tags', repository: 'tags' });
    expect(routeOf('/v2/tags/list/tags/list')).toMatchObject({ kind: 'tags', repository: 'tags/list' });
    expect(routeOf('/v2/tags/manifests/list')).toMatchObject({
      kind: 'tag',
      repository: 'tags',
      tag: 'list',
    });
    expect(routeOf('/v2/x/blobs/y/manifests/z')).toMatchObject({
      kind: 'tag',
      repository: 'x/blobs/y',
      tag: 'z',
    });
    expect(routeOf(`/v2/x/manifests/y/blobs/${digest}`)).toMatchObject({
      kind: 'blob',
      repository: 'x/manifests/y',
    });
  });
});

describe('PX-05: only what the table lists', () => {
  it.each([
    ['/'],
    ['/v1/'],
    ['/v2'],
    ['/v2/_catalog'],
    ['/v2/app'],
    ['/v2/app/'],
    ['/v2/manifests/latest'],
    ['/v2/tags/list'],
    ['/v2/app/manifests/'],
    ['/v2/app/manifests/latest/'],
    ['/v2/app/tags/list/'],
    ['/v2/app/tags/other'],
    ['/v2/app/_trust/tuf/root.json'],
    ['/v2/app/blobs/uploads/'],
    ['/v2/app/blobs/uploads/6f1ed002'],
    ['/metrics'],
    ['/debug/pprof/'],
    ['/.well-known/anything'],
    ['/V2/app/manifests/latest'],
  ])('%s', (target) => {
    expect(codeOf(target)).toBe('ROUTE_UNKNOWN');
  });
});

describe('PX-03: one reading of the path, or none', () => {
  it.each([
    ['/v2/a/../b/manifests/x'],
    ['/v2/./b/manifests/x'],
    ['/v2/a/%2e%2e/b/manifests/x'],
    ['/v2/a/%2E./b/manifests/x'],
    ['//v2/a/manifests/x'],
    ['/v2//a/manifests/x'],
    ['/v2/a//manifests/x'],
    ['/v2/a%2fb/manifests/x'],
    ['/v2/a%2Fb/manifests/x'],
    ['/v2/a%5cb/manifests/x'],
    ['/v2/a\\b/manifests/x'],
    ['/v2/a;x=y/manifests/x'],
    ['/v2/a/manifests/x%00'],
    ['/v2/a/manifests/%252e%252e'],
    ['/v2/a/manifests/x%2'],
    ['/v2/a/manifests/x%zz'],
    ['/v2/a/manifests/%c0%af'],
    ['/v2/a/manifests/x%e2%88%95y'],
    ['/v2/a/manifests/x\u2215y'],
    ['/v2/a/manifests/x#y'],
    ['/v2/a/manifests/x y'],
    [longTarget(limits.requestTargetBytes + 1)],
    ['/v2/a/manifests/x?ns=%'],
    ['/v2/a/manifests/x?ns=%ff'],
    ['/v2/a/manifests/x?a\u0000'],
    // The other forms of RFC 9112 3.2.
    ['proxy:443'],
    ['*'],
    [''],
  ])('%s', (target) => {
    expect(codeOf(target)).toBe('REQUEST_TARGET_INVALID');
  });
});

it.each([
  ['proxy:443', 'it begins neither with a slash nor with http://HOST/'],
  ['http://registry.test', 'it begins neither with a slash nor with http://HOST/'],
  ['http://me:secret@registry.test/v2/', 'what follows http:// is not the host of a registry'],
])('PX-03: %s is told as what it is, and nothing of it repeated', (target, problem) => {
  expect(() => parsePullRequest('GET', target)).toThrow(expect.objectContaining({ facts: { problem } }));
});

it('PX-03: a target may be as long as the bound', () => {
  expect(codeOf(longTarget(limits.requestTargetBytes))).toBeUndefined();
});

describe('NM-10, MF-10: references', () => {
  it.each<[string, Code | undefined]>([
    ['la%74est', undefined],
    ['latest?x', undefined],
    ['t'.repeat(128), undefined],
    ['t'.repeat(129), 'TAG_INVALID'],
    ['.a', 'TAG_INVALID'],
    ['-a', 'TAG_INVALID'],
    ['__proto__', undefined],
    [`sha256-${'0'.repeat(64)}.sig`, undefined],
    [`sha256:${'0'.repeat(63)}`, 'DIGEST_INVALID'],
    [`sha256:${'0'.repeat(65)}`, 'DIGEST_INVALID'],
    [`sha256:${'A'.repeat(64)}`, 'DIGEST_INVALID'],
    [`SHA256:${'a'.repeat(64)}`, 'DIGEST_INVALID'],
    [`sha512:${'a'.repeat(64)}`, 'DIGEST_INVALID'],
    [`blake3:${'a'.repeat(64)}`, 'DIGEST_INVALID'],
    ['sha256:', 'DIGEST_INVALID'],
    ['a:b', 'DIGEST_INVALID'],
  ])('manifests/%s', (reference, code) => {
    expect(codeOf(`/v2/app/manifests/${reference}`)).toBe(code);
  });

  it('decodes once, and the decoded tag is the one that is looked up', () => {
    expect(routeOf('/v2/app/manifests/la%74est')).toMatchObject({ tag: 'latest' });
  });

  it('DP-07: a tag is no blob', () => {
    expect(codeOf('/v2/app/blobs/latest')).toBe('DIGEST_INVALID');
    expect(codeOf('/v2/app/referrers/latest')).toBe('DIGEST_INVALID');
  });
});

describe('PX-06: methods', () => {
  it.each(['PUT', 'POST', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'get', ''])(
    '%s is refused whatever the path',
    (method) => {
      expect(codeOf('/v2/app/manifests/v1', method)).toBe('METHOD_REFUSED');
      expect(codeOf('*', method)).toBe('METHOD_REFUSED');
    },
  );
});

describe('PX-11: one namespace at most', () => {
  it.each<[string, string | undefined]>([
    ['', undefined],
    ['?ns=mirror.test', 'mirror.test'],
    ['?n%73=mirror%2etest', 'mirror.test'],
    ['?ns=', ''],
    ['?NS=mirror.test', undefined],
  ])('%s', (query, namespace) => {
    expect(parsePullRequest('GET', `/v2/app/manifests/v1${query}`).namespace).toBe(namespace);
  });

  it.each(['?ns=a&ns=b', '?ns=a&ns=a', '?ns=a&n%73=b'])('%s is refused', (query) => {
    expect(codeOf(`/v2/app/manifests/v1${query}`)).toBe('REQUEST_TARGET_INVALID');
  });
});

describe('PX-15: one type of referrers at most', () => {
  it.each(['artifactType=a&artifactType=b', 'artifactType=a&artifactType=', 'artifactType=%ff'])(
    '%s is refused',
    (query) => {
      expect(codeOf(`/v2/app/referrers/${digest}?${query}`)).toBe('REQUEST_TARGET_INVALID');
    },
  );
});

describe('PX-18: pages', () => {
  it.each([
    'n=-1',
    'n=1e9',
    'n=1.5',
    'n=',
    'n=0x10',
    'n=1&n=2',
    `n=${'9'.repeat(40)}`,
    'last=../x',
    'last=a/b',
    'last=a&last=b',
  ])('%s is refused', (query) => {
    expect(codeOf(`/v2/app/tags/list?${query}`)).toBe('PAGE_INVALID');
  });

  it.each([
    ['n=0', 0],
    ['n=1', 1],
    ['n=1000000000', limits.tagsPerPage],
  ])('%s lists at most %d', (query, size) => {
    expect(routeOf(`/v2/app/tags/list?${query}`)).toMatchObject({ page: { size } });
  });
});
