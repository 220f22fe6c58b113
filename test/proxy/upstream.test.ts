// Which registry a request reaches, and that no other one ever hears of it.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { createProxyHandler } from '../../src/proxy/index.ts';
import {
  entryOf,
  errorOf,
  FakeRegistry,
  FakeTrust,
  gunOf,
  host,
  manifestBytes,
  otherHost,
  startRig,
} from './fakes.ts';
import { getRaw, sendRaw } from './raw.ts';

const digest = digestOf(new Uint8Array());

describe('?ns= picks a configured registry', () => {
  it('by name, and the answer says which', async () => {
    const { url, trust, registry, other } = await startRig();
    const bytes = manifestBytes('other');
    const signed = other.store(bytes);
    trust.answers.set(gunOf('app', otherHost), { targets: { v1: entryOf(bytes) } });
    const response = await fetch(`${url}/v2/app/manifests/v1?ns=${otherHost}`);
    expect([response.status, response.headers.get('oci-namespace')]).toEqual([200, otherHost]);
    expect(other.requests).toEqual([`manifest app ${signed}`]);
    expect(registry.requests).toEqual([]);
    expect(trust.updates).toEqual([gunOf('app', otherHost)]);
  });

  it('the first one serves plain requests, without the header', async () => {
    const { url, trust } = await startRig();
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    expect(response.headers.get('oci-namespace')).toBeNull();
    expect(trust.updates).toEqual([gunOf('app')]);
  });

  it('may name the first one', async () => {
    const { url, trust } = await startRig();
    const response = await fetch(`${url}/v2/app/manifests/v1?ns=${encodeURIComponent(host)}`);
    expect([response.status, response.headers.get('oci-namespace')]).toEqual([403, host]);
    expect(trust.updates).toEqual([gunOf('app')]);
  });
});

describe('PX-11: any other namespace is refused, and no request leaves', () => {
  it.each([
    'ns=evil.test',
    'ns=169.254.169.254',
    `ns=${otherHost}%00`,
    `ns=${otherHost}.`,
    `ns=${otherHost}:443`,
    `ns=${otherHost.toUpperCase()}`,
    'ns=',
    'ns=constructor',
    `ns=${otherHost}%2fapp`,
    `ns=${'a'.repeat(2000)}`,
    `ns=${otherHost}&ns=evil.test`,
    `ns=${otherHost}&n%73=${otherHost}`,
  ])('%s', async (query) => {
    const { url, trust, registry, other } = await startRig();
    const paths = ['', 'app/manifests/v1', `app/manifests/${digest}`, `app/blobs/${digest}`, 'app/tags/list'];
    for (const path of paths) {
      const response = await fetch(`${url}/v2/${path}?${query}`);
      expect([400, 403]).toContain(response.status);
      expect(response.headers.get('oci-namespace')).toBeNull();
      expect(['NAMESPACE_UNKNOWN', 'REQUEST_TARGET_INVALID']).toContain(
        (await errorOf(response)).detail.reason,
      );
    }
    expect([...trust.updates, ...registry.requests, ...other.requests]).toEqual([]);
  });
});

it.each([
  ['PX-02: the Host header', 'GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: mirror.test\r\n'],
  [
    'PX-02: X-Forwarded-Host',
    'GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: proxy\r\nX-Forwarded-Host: mirror.test\r\n',
  ],
  ['PX-12: a registry in the path', 'GET /v2/mirror/app/manifests/v1 HTTP/1.1\r\nHost: proxy\r\n'],
])('%s does not choose the registry', async (_name, head) => {
  const { port, trust } = await startRig();
  const answer = await sendRaw(port, `${head}Connection: close\r\n\r\n`);
  expect(answer.status).toBe(403);
  expect(trust.updates).toHaveLength(1);
  expect(trust.updates[0]).toMatch(new RegExp(`^${host}/`));
});

describe('PX-03: the name that decides is the name that is asked for', () => {
  it.each([
    ['/v2/App/manifests/v1', 'NAME_INVALID'],
    ['/v2/app-/manifests/v1', 'NAME_INVALID'],
    ['/v2/_trust/manifests/v1', 'NAME_INVALID'],
    [`/v2/${'a'.repeat(256)}/manifests/v1`, 'NAME_INVALID'],
    ['/v2/a/../b/manifests/v1', 'NAME_INVALID'],
    ['/v2/a%2fb/manifests/v1', 'NAME_INVALID'],
    ['http://mirror.test/v2/app/manifests/v1', 'NAME_INVALID'],
    ['/v2/app/manifests/sha256:abc', 'DIGEST_INVALID'],
    ['/v2/app/blobs/v1', 'DIGEST_INVALID'],
    ['/v2/app/manifests/.v1', 'TAG_INVALID'],
  ])('%s is 400, and no request leaves', async (target, code) => {
    const { port, trust, registry } = await startRig();
    const answer = await getRaw(port, target);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`"code":"${code}"`);
    expect([...trust.updates, ...registry.requests]).toEqual([]);
  });

  it('PX-04: a repository called manifests is one', async () => {
    const { url, trust } = await startRig();
    await fetch(`${url}/v2/manifests/manifests/latest`);
    await fetch(`${url}/v2/x/blobs/y/manifests/z`);
    expect(trust.updates).toEqual([gunOf('manifests'), gunOf('x/blobs/y')]);
  });
});

describe('configuration', () => {
  const upstream = (name: string) => ({
    host: name,
    registry: new FakeRegistry(name),
    trust: new FakeTrust(),
  });
  const quiet = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  it.each([
    ['no registry', []],
    ['one registry twice', [upstream('a.test'), upstream('a.test')]],
    ['what is no host', [upstream('https://a.test')]],
  ])('%s is a usage error', (_name, upstreams) => {
    const build = (): unknown => createProxyHandler({ upstreams, notices: quiet, clock: { now: () => 0 } });
    expect(build).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
