// Whose account a registry sees: the proxy's own, or the caller's where that is configured, and nobody else's.
import { expect, describe, it } from 'vitest';
import { checkAccounts } from '../../src/proxy/caller.ts';
import type { HttpRequest } from '../../src/base/ports.ts';
import type { Digest } from '../../src/base/digest.ts';
import type { Users } from '../../src/proxy/index.ts';
import { codeOfRejection } from '../support/code-of.ts';
import { answer, clientOf, image, scripted } from '../registry/support.ts';
import { entryOf, errorOf, FakeTrust, startRig } from './fakes.ts';

const registryHost = 'registry.test';
const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;
const alice = basic('alice:right password');
const { manifest: bytes } = image('private');

/** A registry with one private repository, which alice may read; bob has an account, and no rights there. */
function registry(): ReturnType<typeof scripted> {
  return scripted(({ url, headers }: HttpRequest) => {
    const given = headers['authorization'];
    if (given !== alice && given !== basic('bob:b'))
      return answer(401, { 'www-authenticate': 'Basic realm="registry"' });
    if (url.pathname === '/v2/') return answer(200);
    if (given !== alice) return answer(403);
    return url.pathname.includes('/manifests/') ? answer(200, {}, bytes) : answer(200);
  });
}

async function rig(callers: boolean) {
  const transport = registry();
  const clock = { time: 0, now: () => clock.time };
  const trust = new FakeTrust();
  trust.answers.set(`${registryHost}/app`, { releases: { v1: entryOf(bytes) } });
  const client = clientOf(transport, { callers, clock });
  const proxy = await startRig({ upstreams: [{ host: registryHost, registry: client, trust }] });
  const ask = (path: string, authorization?: string): Promise<Response> =>
    fetch(proxy.url + path, authorization === undefined ? {} : { headers: { authorization } });
  return { ...proxy, transport, clock, ask, updates: trust.updates };
}
const paths = ['/v2/', '/v2/app/manifests/v1', '/v2/app/tags/list', `/v2/app/blobs/sha256:${'0'.repeat(64)}`];

describe('AU-12 DP-10 without the setting', () => {
  it.each(paths)(
    '%s: what the client sends to the proxy never reaches the registry or the log',
    async (path) => {
      const { ask, transport, lines } = await rig(false);
      await ask(path, alice);
      expect(transport.asked.map(({ headers }) => headers['authorization'] ?? 'nobody')).not.toContain(alice);
      expect(lines.join()).not.toContain(alice);
    },
  );
});

describe('with the accounts of callers', () => {
  it.each(paths)('%s asks a client without one to log in, and nobody else', async (path) => {
    const { ask, transport, updates } = await rig(true);
    for (const header of [undefined, 'Bearer token', 'Basic ???']) {
      const response = await ask(path, header);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Basic realm=/),
      ]);
    }
    expect([transport.asked, updates]).toEqual([[], []]);
  });

  it.each(paths)('%s: a wrong password is 401, and neither told nor logged', async (path) => {
    const { ask, lines, updates } = await rig(true);
    const response = await ask(path, basic('alice:wrong password'));
    expect([response.status, (await errorOf(response)).code]).toEqual([401, 'UNAUTHORIZED']);
    expect(lines.join()).not.toMatch(/wrong password|YWxpY2U6/);
    expect(updates).toEqual([]);
  });

  it('serves the caller whom the registry serves', async () => {
    const { ask } = await rig(true);
    const response = await ask('/v2/app/manifests/v1', alice);
    expect([response.status, Buffer.from(await response.arrayBuffer())]).toEqual([200, Buffer.from(bytes)]);
    expect((await ask('/v2/', alice)).status).toBe(200);
  });

  it('CA-08 a caller without rights learns neither content nor tags nor what is signed, not even after others', async () => {
    const { ask, updates } = await rig(true);
    const digest = (await ask('/v2/app/manifests/v1', alice)).headers.get('docker-content-digest') as Digest;
    const before = updates.length;
    for (const path of [`manifests/v1`, `manifests/unsigned`, `manifests/${digest}`, 'tags/list'])
      expect((await ask(`/v2/app/${path}`, basic('bob:b'))).status).toBe(403);
    expect(updates.length).toBe(before);
  });

  it('the registry’s word holds for a moment only', async () => {
    const { ask, transport, clock } = await rig(true);
    const checks = (): number =>
      transport.asked.filter(({ url }) => url.pathname.endsWith('/tags/list')).length;
    await ask('/v2/app/tags/list', alice);
    const once = checks();
    await ask('/v2/app/tags/list', alice);
    expect(checks()).toBe(once);
    clock.time += 30_000;
    await ask('/v2/app/tags/list', alice);
    expect(checks()).toBeGreaterThan(once);
  });

  it('cannot be had together with a list of users, whose passwords a registry would get to see', async () => {
    const trust = new FakeTrust();
    const upstreams = [{ host: registryHost, registry: clientOf(registry(), { callers: true }), trust }];
    expect(() => checkAccounts(upstreams, false)).not.toThrow();
    expect(() => checkAccounts(upstreams, true)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(await codeOfRejection(startRig({ upstreams, users: {} as unknown as Users }))).toBe('USAGE');
  });
});
