// Engines that use the proxy as their HTTP proxy: absolute-form targets, and the tunnels that they ask for first (ADR 0015).
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { isDctError, type Code } from '../../src/base/errors.ts';
import { parsePullRequest } from '../../src/proxy/serve/route.ts';
import { entryOf, gunOf, host, manifestBytes, otherHost, startRig } from './fakes.ts';
import { getRaw, sendRaw, type RawAnswer } from './raw.ts';

const digest = digestOf(new Uint8Array());

function codeOf(target: string, hostHeader: string | undefined): Code | undefined {
  try {
    parsePullRequest('GET', target, hostHeader);
    return undefined;
  } catch (error) {
    return isDctError(error) ? error.code : undefined;
  }
}

describe('absolute-form targets name a registry', () => {
  const path = '/v2/app/manifests/v1';

  it('and mean the same as without it', () => {
    const { route, namespace } = parsePullRequest('GET', path);
    expect(parsePullRequest('GET', `http://${host}${path}`, host)).toEqual({
      route,
      registry: host,
      namespace,
    });
  });

  it('PX-03: what follows the host is read as in any other target', () => {
    for (const bad of [
      '/v2/a/../b/manifests/x',
      '//v2/a/manifests/x',
      '/v2/a%2fb/manifests/x',
      '/v2/a/manifests/x?ns=%',
    ])
      expect(codeOf(`http://${host}${bad}`, host)).toBe('REQUEST_TARGET_INVALID');
    expect(codeOf(`http://${host}/v2/_catalog`, host)).toBe('ROUTE_UNKNOWN');
    expect(codeOf(`http://${host}/`, host)).toBe('ROUTE_UNKNOWN');
  });

  it.each<[string, string | undefined]>([
    ['another host', 'mirror.test'],
    ['no port', 'registry.test'],
    ['another spelling', 'Registry.test:5000'],
    ['a dot at the end', 'registry.test.:5000'],
    ['no host, as in HTTP/1.0', undefined],
  ])('PX-02: a Host header with %s is refused', (_name, hostHeader) => {
    expect(codeOf(`http://${host}${path}`, hostHeader)).toBe('REQUEST_TARGET_INVALID');
  });

  it('PX-11: `ns` may only repeat it', () => {
    const target = `http://${host}${path}?ns=`;
    expect(parsePullRequest('GET', `${target}${host}`, host)).toMatchObject({
      registry: host,
      namespace: host,
    });
    for (const other of ['mirror.test', '', `${host}&ns=${host}`])
      expect(codeOf(`${target}${other}`, host)).toBe('REQUEST_TARGET_INVALID');
  });

  it.each([
    ['https', `https://${host}${path}`, host],
    ['capitals in the scheme', `HTTP://${host}${path}`, host],
    ['another scheme', `ftp://${host}${path}`, host],
    ['one slash', `http:/${host}${path}`, host],
    ['no path', `http://${host}`, host],
    ['a query for a path', `http://${host}?ns=${host}`, host],
    ['a user', `http://user:password@${host}${path}`, host],
    ['an empty host', `http://${path}`, ''],
    ['an escape in the host', `http://registry%2etest${path}`, 'registry%2etest'],
    ['a backslash in the host', `http://evil.test\\@${host}${path}`, host],
    ['a port too many', `http://registry.test:70000${path}`, 'registry.test:70000'],
    ['a fragment', `http://${host}${path}#x`, host],
  ])('with %s are refused', (_name, target, host) => {
    expect(codeOf(target, host)).toBe('REQUEST_TARGET_INVALID');
  });

  it('passwords are not repeated in the refusal', () => {
    expect(() => parsePullRequest('GET', `http://user:hunter2@${host}${path}`, host)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }),
    );
  });
});

describe('PX-02: inside of a tunnel', () => {
  const path = '/v2/app/manifests/v1';
  const tunnel = { registry: host, host: 'registry.test', port: 5000 };

  it.each([path, `${path}?ns=${host}`])('%s is for the registry of the tunnel', (target) => {
    expect(parsePullRequest('GET', target, host, tunnel).registry).toBe(host);
  });

  it.each([
    ['an absolute target', `http://${host}${path}`, host],
    ['another Host', path, otherHost],
    ['no Host', path, undefined],
    ['another registry in "ns"', `${path}?ns=${otherHost}`, host],
    ['an empty "ns"', `${path}?ns=`, host],
  ])('%s is refused', (_what, target, hostHeader) => {
    expect(() => parsePullRequest('GET', target, hostHeader, tunnel)).toThrow(
      expect.objectContaining({ code: 'REQUEST_TARGET_INVALID' }),
    );
  });
});

describe('an absolute-form target picks a configured registry', () => {
  const ask = (port: number, target: string, hostHeader: string): Promise<RawAnswer> =>
    sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: ${hostHeader}\r\nConnection: close\r\n\r\n`);

  it('by name, and trust decides as always', async () => {
    const { port, trust, registry, other } = await startRig();
    const bytes = manifestBytes('other');
    const signed = other.store(bytes);
    trust.answers.set(gunOf('app', otherHost), { targets: { v1: entryOf(bytes) } });
    const served = await ask(port, `http://${otherHost}/v2/app/manifests/v1`, otherHost);
    expect([served.status, served.headers.get('docker-content-digest')]).toEqual([200, signed]);
    expect(served.headers.has('oci-namespace')).toBe(false);
    const refused = await ask(port, `http://${otherHost}/v2/app/manifests/v2`, otherHost);
    expect([refused.status, refused.text.includes('NOT_SIGNED')]).toEqual([403, true]);
    expect(other.requests).toEqual([`manifest app ${signed}`]);
    expect(registry.requests).toEqual([]);
  });

  it('the pages of a list of tags stay with it', async () => {
    const { port, trust } = await startRig();
    const entry = entryOf(manifestBytes('any'));
    trust.answers.set(gunOf('app', otherHost), { targets: { v1: entry, v2: entry } });
    const target = `http://${otherHost}/v2/app/tags/list`;
    const { headers } = await ask(port, `${target}?n=1`, otherHost);
    const next = /<([^>]+)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect(new URL(next, target).href).toBe(`${target}?n=1&last=v1`);
  });

  it.each([
    'evil.test',
    '169.254.169.254',
    'localhost',
    otherHost.toUpperCase(),
    `${otherHost}:80`,
    'registry.test',
    'constructor',
  ])('PX-11: http://%s/ is refused, and no request leaves', async (name) => {
    const { port, trust, registry, other } = await startRig();
    for (const path of ['', 'app/manifests/v1', `app/manifests/${digest}`, `app/blobs/${digest}`]) {
      const answer = await ask(port, `http://${name}/v2/${path}`, name);
      expect([answer.status, answer.text.includes('NAMESPACE_UNKNOWN')]).toEqual([403, true]);
    }
    expect([...trust.updates, ...registry.requests, ...other.requests]).toEqual([]);
  });

  it.each([
    ['PX-02: a Host header that names another one', `http://${otherHost}/v2/`, host],
    ['PX-02: the proxy in the Host header', `http://${otherHost}/v2/`, 'proxy'],
    ['PX-11: another one in `ns`', `http://${otherHost}/v2/?ns=${host}`, otherHost],
  ])('%s makes it 400', async (_name, target, hostHeader) => {
    const { port } = await startRig();
    const answer = await ask(port, target, hostHeader);
    expect([answer.status, answer.text.includes('REQUEST_TARGET_INVALID')]).toEqual([400, true]);
  });
});

describe('PX-06: nothing passes through unseen', () => {
  it.each(['evil.test:443', otherHost, host])('CONNECT %s is 405, in one sentence', async (target) => {
    const { port, registry, other } = await startRig();
    const answer = await getRaw(port, target, '1.1', 'CONNECT');
    expect([answer.status, answer.complete]).toEqual([405, true]);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.text).toMatch(/\r\n\r\nCONNECT is refused: [^\n]+\n$/);
    expect([...registry.requests, ...other.requests]).toEqual([]);
  });
});
