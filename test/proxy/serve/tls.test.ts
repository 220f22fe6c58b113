// TLS for clients: refused when it could not hold, replaced while it runs, and certificates of clients where they are asked for.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { MeterRegistry, TlsIdentity } from '../../../src/proxy/index.ts';
import { testAuthority } from '../../support/certificates.ts';
import { startRig } from '../fakes.ts';

const authority = testAuthority();
afterAll(() => authority.close());
const [first, second] = [authority.issue('IP:127.0.0.1'), authority.issue('IP:127.0.0.1,DNS:second')];
const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
const now = Date.now();

function open(files: Record<string, string>, time = now): Promise<TlsIdentity> {
  return TlsIdentity.open({
    files: { cert: '/c', key: '/k', ...('/ca' in files && { clientCa: '/ca' }) },
    read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
    clock: { now: () => time },
    notices,
    everyMs: 2 ** 30,
  });
}

interface Seen {
  readonly status: number | undefined;
  readonly names: string | undefined;
}

function get(url: string, client: { cert?: string; key?: string } = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    request(`${url}/v2/`, { ca: authority.ca, agent: false, ...client }, (response) => {
      const { socket } = response as unknown as { socket: import('node:tls').TLSSocket };
      resolve({ status: response.statusCode, names: socket.getPeerCertificate().subjectaltname });
      response.resume();
    })
      .on('error', reject)
      .end();
  });
}

const cutOff = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const { validFrom, validTo } = new X509Certificate(first.cert);
const [notBefore, notAfter] = [Date.parse(validFrom), Date.parse(validTo)];
const encrypted = (type: 'pkcs8' | 'sec1'): string =>
  createPrivateKey(first.key)
    .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
const year = 366 * 86_400_000;

describe('PX-13: a certificate is refused', () => {
  const right = { '/c': first.cert, '/k': first.key };
  const unreadable = /^it cannot be read$/;
  it.each<[string, Record<string, string>, number, RegExp]>([
    ['expired', right, now + year, /^it expired on /],
    ['at the moment when it expires', right, notAfter, /^it expired on /],
    ['not yet valid', right, now - year, /^it is not valid before /],
    ['just before it is valid', right, notBefore - 1, /^it is not valid before /],
    [
      'with the key of another',
      { ...right, '/k': second.key },
      now,
      /^it does not belong to the certificate/,
    ],
    ['with an encrypted key', { ...right, '/k': encrypted('pkcs8') }, now, /^it is encrypted/],
    ['with a key encrypted as of old', { ...right, '/k': encrypted('sec1') }, now, /^it is encrypted/],
    ['unreadable', { ...right, '/c': 'nothing' }, now, unreadable],
    ['followed by one that is cut off', { ...right, '/c': `${first.cert}${cutOff}` }, now, unreadable],
    ['with an unreadable key', { ...right, '/k': 'nothing' }, now, unreadable],
    ['with an unreadable authority', { ...right, '/ca': 'nothing' }, now, unreadable],
  ])('%s', async (_what, files, time, problem) => {
    await expect(open(files, time)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { problem: expect.stringMatching(problem) as string },
    });
  });

  it.each([
    ['first', notBefore],
    ['last', notAfter - 1],
  ])('but not in its %s moment', async (_which, time) => {
    const identity = await open(right, time);
    expect(identity.options().cert).toBe(first.cert);
    identity.close();
  });

  it('missing', async () => {
    await expect(open({ '/c': first.cert })).rejects.toMatchObject({ code: 'DISK' });
  });
});

describe('PX-13: a proxy with a certificate', () => {
  it('speaks TLS, takes another one without a restart, and keeps the old while the new is wrong', async () => {
    const files: Record<string, string> = { '/c': first.cert, '/k': first.key };
    const identity = await open(files);
    const { url } = await startRig({ identity });
    expect(url).toMatch(/^https:/);
    expect(await get(url)).toEqual({ status: 200, names: 'IP Address:127.0.0.1' });
    files['/c'] = second.cert;
    await identity.check();
    expect((await get(url)).names).toBe('IP Address:127.0.0.1');
    files['/k'] = second.key;
    await identity.check();
    expect((await get(url)).names).toBe('IP Address:127.0.0.1, DNS:second');
  });

  it('asks for certificates of clients, serves nobody without, and tells the name', async () => {
    const identity = await open({ '/c': first.cert, '/k': first.key, '/ca': authority.ca });
    const { url, decisions } = await startRig({ identity });
    await expect(get(url)).rejects.toThrow();
    expect((await get(url, second)).status).toBe(200);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'served', user: 'test' }]);
  });

  it('PX-20: does not wait for handshakes when it ends', { timeout: 5000 }, async () => {
    const meters = new MeterRegistry();
    const identity = await open({ '/c': first.cert, '/k': first.key });
    const { port, proxy } = await startRig({ identity, meters });
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    await expect.poll(() => meters.render()).toContain('dct_proxy_connections 1\n');
    await proxy.close(0);
    silent.destroy();
  });

  it('PX-07: counts and bounds connections that never speak TLS', async () => {
    const identity = await open({ '/c': first.cert, '/k': first.key });
    const { url, port } = await startRig({ identity, bounds: { connectionsEach: 1 } });
    const silent = connect(port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    await expect(get(url)).rejects.toThrow();
    silent.destroy();
    await expect
      .poll(() =>
        get(url).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});
