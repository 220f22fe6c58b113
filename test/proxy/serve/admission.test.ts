// How much one client may have: connections are closed, requests are told to wait, and others are not concerned.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { Admission, clientOf } from '../../../src/proxy/serve/admission.ts';
import { startRig } from '../fakes.ts';
import { getRaw, openPaused } from '../raw.ts';

const bounds = { connections: 10, connectionsEach: 10, requests: 3, requestsEach: 2 };

describe('PX-07: an address counts for', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s: %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});

describe('requests in flight', () => {
  it('PX-07: of one client are bounded, and others still get in', () => {
    const admission = new Admission(bounds);
    const leave = admission.begin('192.0.2.1');
    admission.begin('192.0.2.1');
    expect(() => admission.begin('192.0.2.1')).toThrow(expect.objectContaining({ code: 'CLIENT_BUSY' }));
    admission.begin('192.0.2.2');
    expect(() => admission.begin('192.0.2.3')).toThrow(expect.objectContaining({ code: 'PROXY_BUSY' }));
    leave();
    expect(() => admission.begin('192.0.2.1')).not.toThrow();
  });

  it.each([
    { bound: { requestsEach: 1 }, status: 429, reason: 'CLIENT_BUSY' },
    { bound: { requests: 1 }, status: 503, reason: 'PROXY_BUSY' },
  ])('beyond $bound are answered $status with Retry-After', async ({ bound, status, reason }) => {
    const { port, trust, decisions } = await startRig({ bounds: bound });
    trust.gate = new Promise(() => undefined);
    const waiting = await openPaused(port, 'GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: proxy\r\n\r\n');
    await expect.poll(() => trust.updates.length).toBe(1);
    const answer = await getRaw(port, '/v2/app/manifests/v1');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '1']);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'failed', reason, status }]);
    waiting.destroy();
  });
});

describe('connections', () => {
  it('PX-07: of one client are bounded, counted, and free again when they close', async () => {
    const meters = new MeterRegistry();
    const { port } = await startRig({ bounds: { connectionsEach: 1 }, meters });
    const first = await openPaused(port, 'GET /v2/ HTTP/1.1\r\n');
    expect((await getRaw(port, '/v2/')).text).toBe('');
    expect(meters.render()).toContain('dct_proxy_connections_refused_total 1\n');
    expect(meters.render()).toContain('dct_proxy_connections 1\n');
    first.destroy();
    await once(first, 'close');
    await expect.poll(async () => (await getRaw(port, '/v2/')).status).toBe(200);
  });
});
