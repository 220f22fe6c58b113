// PX-07: clients that open a connection and then do nothing, or too little, lose it, each kind after its own bound.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TlsIdentity } from '../../src/proxy/index.ts';
import { Tunnels } from '../../src/proxy/serve/tunnel.ts';
import { MeterRegistry } from '../../src/proxy/index.ts';
import { startRig } from '../proxy/fakes.ts';
import { testAuthority, type TestCertificate } from '../support/certificates.ts';

// The same bounds, and short enough to be waited for.
vi.mock(import('../../src/base/limits.ts'), async (importOriginal) => {
  const { limits } = await importOriginal();
  const short = { clientHandshakeMs: 40, tunnelOpeningMs: 40, clientIdleMs: 40, keepAliveMs: 40 };
  return { limits: { ...limits, ...short, adminConnections: 2 } as unknown as typeof limits };
});

/** The head of a TLS record that is 16 KiB long, and never comes. */
const endlessRecord = Buffer.of(22, 3, 1, 64, 0);

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket.on('error', () => undefined).resume());
  await once(socket, 'connect');
  return socket;
}

/** Something every so often, which is no silence. */
function drip(socket: Socket): void {
  const dripping = setInterval(() => socket.write(Buffer.of(0)), 4);
  socket.once('close', () => clearInterval(dripping));
}

/** In whatever way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

it('clientIdleMs: a client that never says anything', async () => {
  const { port } = await startRig({ bounds: { headMs: 1_000_000, requestMs: 1_000_000 } });
  await closed(await connected(port));
});

it('keepAliveMs: a client that has its answer and asks nothing more', async () => {
  const { port } = await startRig({ bounds: { idleMs: 1_000_000 } });
  const socket = await connected(port);
  socket.write('GET /v2/ HTTP/1.1\r\nHost: proxy\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /u);
  await closed(socket);
});

it('clientHandshakeMs: a client that begins TLS and does not end it', async () => {
  const authority = testAuthority();
  const { cert, key } = authority.issue('IP:127.0.0.1');
  authority.close();
  const identity = await TlsIdentity.open({
    files: { cert: '/c', key: '/k' },
    read: (path) => Promise.resolve(Buffer.from(path === '/c' ? cert : key)),
    clock: Date,
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    everyMs: 2 ** 30,
  });
  const { port } = await startRig({ identity, bounds: { idleMs: 1_000_000 } });
  const socket = await connected(port);
  socket.write(endlessRecord);
  drip(socket);
  await closed(socket);
});

describe('PX-07, tunnelOpeningMs: a client that asks for a tunnel', () => {
  const silent = (): void => undefined;
  const never = new Promise<never>(() => undefined);

  /** Answers when the tunnel that this client asks for is gone. */
  async function open(
    identify: () => Promise<TestCertificate>,
    inside: (socket: Socket) => void,
  ): Promise<void> {
    const server = createServer();
    const tunnels = new Tunnels(
      ['registry.test'],
      { identify, passages: { hosts: [], others: false } },
      {
        identify: () => Promise.resolve(undefined),
        notices: { warn: silent, info: silent, debug: silent },
        accept: silent,
        onRefused: silent,
      },
    );
    server.on('connect', (request, _socket, head: Buffer) => void tunnels.answer(request, head));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = await connected((server.address() as AddressInfo).port);
    socket.write('CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n\r\n');
    inside(socket);
    await closed(socket);
    server.close();
  }

  it('and sends nothing through it', () => open(() => never, silent));

  it('and sends bytes through it before it is there', () => open(() => never, drip));

  it('and goes on sending the first record of its handshake', async () => {
    const authority = testAuthority();
    const certificate = authority.issue('DNS:registry.test');
    authority.close();
    await open(
      () => Promise.resolve(certificate),
      (socket) => {
        socket.write(endlessRecord);
        drip(socket);
      },
    );
  });
});

it('adminConnections: one more than the operator’s address has', async () => {
  const meters = new MeterRegistry();
  const { proxy } = await startRig({ meters, admin: { host: '127.0.0.1', port: 0 } });
  const port = Number(new URL(proxy.adminUrl ?? '').port);
  const [first, second] = [await connected(port), await connected(port)];
  await closed(await connected(port));
  expect([first.destroyed, second.destroyed]).toEqual([false, false]);
});
