// The log of decisions and what follows from it: lines that are JSON and nothing else, counts, and who is failing.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { gunOf, host, startRig } from '../fakes.ts';
import { getRaw, sendRaw } from '../raw.ts';

async function startLogged() {
  const meters = new MeterRegistry();
  const log: { level: string; line: string }[] = [];
  const admin = { host: '127.0.0.1', port: 0 };
  const rig = await startRig({ meters, admin, decisions: (line, level) => void log.push({ line, level }) });
  return { ...rig, meters, log, admin: rig.proxy.adminUrl ?? '' };
}

describe('a decision', () => {
  it('is one line of JSON that says who, what, why and how long', async () => {
    const { port, log } = await startLogged();
    await getRaw(port, '/v2/app/manifests/v1');
    const [{ line, level } = { line: '', level: '' }] = log;
    expect(level).toBe('warn');
    expect(JSON.parse(line)).toMatchObject({
      at: '2026-01-01T00:00:00Z',
      client: '127.0.0.1',
      method: 'GET',
      route: 'tag',
      upstream: host,
      gun: gunOf('app'),
      tag: 'v1',
      verdict: 'refused',
      reason: 'NO_TRUST_DATA',
      status: 403,
      ms: expect.any(Number) as number,
    });
  });

  it('about a probe is for those who look closely', async () => {
    const { port, log } = await startLogged();
    await getRaw(port, '/v2/');
    expect(log).toMatchObject([{ level: 'debug' }]);
  });

  it.each([
    ['a tunnel', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n', 'CONNECT'],
    ['no HTTP at all', 'HELLO\r\n\r\n', ''],
    ['two Hosts', 'GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'GET'],
  ])('is there for %s', async (_what, request, method) => {
    const { port, log } = await startLogged();
    await sendRaw(port, request);
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0]?.line ?? '')).toMatchObject({ method, verdict: 'refused', route: 'none' });
  });

  it('EX-02: cannot begin another line, nor repaint a terminal', async () => {
    const { port, log, trust } = await startLogged();
    const problem = 'a\n{"verdict":"served"}\u001b[2J\u202e';
    trust.answers.set(gunOf('app'), new DctError('BUG', { problem }));
    await getRaw(port, '/v2/app/manifests/v1');
    expect(log[0]?.line).toMatch(/^\{[\x20-\x7e]*\}$/);
  });
});

describe('the admin address', () => {
  it('counts decisions by verdict, reason and registry', async () => {
    const { port, admin } = await startLogged();
    await getRaw(port, '/v2/app/manifests/v1');
    const response = await fetch(`${admin}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toContain(
      `dct_proxy_requests_total{verdict="refused",reason="NO_TRUST_DATA",upstream="${host}"} 1\n`,
    );
  });

  it('is ready, names who failed, and forgets it when that one serves again', async () => {
    const { port, admin, trust, clock } = await startLogged();
    trust.answers.set(gunOf('app'), new DctError('UNREACHABLE', { origin: 'https://n.test', problem: 'x' }));
    await getRaw(port, '/v2/app/manifests/v1');
    const failing = await fetch(`${admin}/readyz`);
    expect(failing.status).toBe(200);
    expect(await failing.json()).toMatchObject({
      state: 'ready',
      failing: [{ upstream: host, reason: 'UNREACHABLE' }],
    });
    trust.answers.set(gunOf('app'), {});
    clock.time += 120_000;
    await getRaw(port, '/v2/app/tags/list');
    expect(await (await fetch(`${admin}/readyz`)).json()).toEqual({ state: 'ready', failing: [] });
  });

  it('PX-20: is unready as soon as the proxy drains', async () => {
    const { proxy, admin, port, trust } = await startLogged();
    let letGo = (): void => undefined;
    trust.gate = new Promise<void>((resolve) => (letGo = resolve));
    const running = getRaw(port, '/v2/app/tags/list');
    await expect.poll(() => trust.updates.length).toBe(1);
    const closed = proxy.close();
    expect((await fetch(`${admin}/readyz`)).status).toBe(503);
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    letGo();
    expect((await running).complete).toBe(true);
    await closed;
  });

  it.each(['/', '/metrics/', '/metrics?x', '/v2/', '/debug', '//metrics'])(
    'PX-05: has nothing at %s',
    async (path) => {
      const { admin } = await startLogged();
      expect((await getRaw(Number(new URL(admin).port), path)).status).toBe(404);
    },
  );

  it('PX-05: is not what clients reach, and cannot be changed', async () => {
    const { port, admin } = await startLogged();
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect((await getRaw(port, path)).status).toBe(404);
    expect((await fetch(`${admin}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  });
});
