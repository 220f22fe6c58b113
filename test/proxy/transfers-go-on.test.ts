// PX-20: what becomes of transfers while the proxy is told something new: to stop, another policy, another certificate.
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { TlsIdentity, type ProxyServerOptions } from '../../src/proxy/index.ts';
import { defaultPolicy, type PolicyView } from '../../src/proxy/policy/policy.ts';
import { testAuthority } from '../support/certificates.ts';
import { errorOf, startRig, type Rig } from './fakes.ts';
import { getRaw, openPaused } from './raw.ts';
import { content, digestOfAll, ScriptedBlob } from './scripted-blob.ts';

const pieces = content(4);
const whole = Buffer.concat(pieces).toString('latin1');
const digest = digestOfAll(pieces);
const request = `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n`;

/** A proxy with a blob that stops before its last piece until it is let go. */
async function heldRig(
  options: Partial<ProxyServerOptions> = {},
): Promise<Rig & { readonly letGo: () => void }> {
  const rig = await startRig(options);
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const before = (index: number): Promise<void> | undefined => (index === 3 ? gate : undefined);
  rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: 4096, pieces, before }));
  return { ...rig, letGo: () => letGo() };
}

interface Transfer {
  /** All that came, once the connection has ended. */
  readonly ended: Promise<string>;
}

/** Asks for the blob; resolves when the first part of it has come. */
async function begin(port: number): Promise<Transfer> {
  const socket = await openPaused(port, request);
  let text = '';
  socket
    .on('data', (chunk) => (text += chunk.toString('latin1')))
    .on('error', () => undefined)
    .resume();
  await once(socket, 'data');
  return { ended: once(socket, 'close').then(() => text) };
}

describe('PX-20: a proxy that is told to stop', () => {
  it('finishes answers on their way, and takes no new connections', async () => {
    const { proxy, port, letGo } = await heldRig();
    const { ended } = await begin(port);
    const closed = proxy.close();
    expect((await getRaw(port, '/v2/')).text).toBe('');
    letGo();
    expect((await ended).endsWith(whole)).toBe(true);
    await closed;
  });

  it('cuts what is not finished in time, and does not end it', async () => {
    const { proxy, port, decisions } = await heldRig();
    const { ended } = await begin(port);
    await proxy.close(0);
    expect((await ended).length).toBeLessThan(whole.length);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left' }]);
  });

  it.each([
    ['finishes', 60_000],
    ['cuts', 0],
  ])('%s a hundred at once, each of them', async (_, drainMs) => {
    const { proxy, port, letGo, decisions } = await heldRig({ bounds: { connectionsEach: 200 } });
    const transfers = await Promise.all(Array.from({ length: 100 }, () => begin(port)));
    const closed = proxy.close(drainMs);
    if (drainMs > 0) letGo();
    const texts = await Promise.all(transfers.map(({ ended }) => ended));
    await closed;
    expect(texts.filter((text) => text.endsWith(whole))).toHaveLength(drainMs > 0 ? 100 : 0);
    await expect.poll(() => decisions.length).toBe(100);
    expect(new Set(decisions.map(({ verdict }) => verdict))).toEqual(
      new Set([drainMs > 0 ? 'served' : 'left']),
    );
  });
});

describe('PX-20: a proxy that gets another policy', () => {
  it('finishes what the old one let begin; the new one is for whoever comes then', async () => {
    let policy: PolicyView = defaultPolicy;
    const rig = await heldRig({ policy: { ruleFor: (gun) => policy.ruleFor(gun) } });
    const { ended } = await begin(rig.port);
    policy = { ruleFor: () => undefined };
    const refused = await fetch(`${rig.url}/v2/app/manifests/${digest}`);
    expect((await errorOf(refused)).detail.reason).toBe('POLICY_UNMATCHED');
    rig.letGo();
    expect((await ended).endsWith(whole)).toBe(true);
  });
});

describe('PX-20: a proxy that gets another certificate', () => {
  const authority = testAuthority();
  afterAll(() => authority.close());

  it('finishes what began under the old one', async () => {
    const [first, second] = [authority.issue('IP:127.0.0.1'), authority.issue('IP:127.0.0.1,DNS:second')];
    let shown = first;
    const identity = await TlsIdentity.open({
      files: { cert: '/c', key: '/k' },
      read: (path) => Promise.resolve(Buffer.from(path === '/c' ? shown.cert : shown.key)),
      clock: { now: () => Date.now() },
      notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
      everyMs: 2 ** 30,
    });
    const { port, letGo } = await heldRig({ identity });
    const connected = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: authority.ca });
      await once(socket, 'secureConnect');
      return { socket, names: socket.getPeerCertificate().subjectaltname };
    };
    const { socket, names } = await connected();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).write(request);
    await once(socket, 'data');
    shown = second;
    await identity.check();
    const later = await connected();
    later.socket.destroy();
    expect([names, later.names]).toEqual(['IP Address:127.0.0.1', 'IP Address:127.0.0.1, DNS:second']);
    letGo();
    await once(socket, 'close');
    expect(text.endsWith(whole)).toBe(true);
  });
});
