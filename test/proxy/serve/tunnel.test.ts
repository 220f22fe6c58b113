// Tunnels over real sockets: whose certificate is shown, what comes out of them, and what never passes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DctError, type Code } from '../../../src/base/errors.ts';
import { openPassage } from '../../../src/proxy/serve/tunnel-passage.ts';
import type { PassageRules } from '../../../src/proxy/serve/tunnel-target.ts';
import { Tunnels, type ServerCredential } from '../../../src/proxy/serve/tunnel.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { generalNameOf, issueFor, makeAuthority, type Authority } from '../../../src/x509/index.ts';

const registry = 'registry.test:5000';
const dayMs = 24 * 60 * 60 * 1000;
const validity = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs };

let authority: Authority;
let ca: string;
beforeAll(async () => {
  ({ authority, cert: ca } = await makeAuthority({ name: 'test', ...validity }));
});

const open: (Server | Socket)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) {
    if ('destroy' in one) one.destroy();
    else one.close();
  }
});

async function listening(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Rig {
  readonly port: number;
  readonly tunnels: Tunnels;
  readonly identified: string[];
  readonly refused: Code[];
  readonly warnings: string[];
  /** Each resolves when no more is done for one CONNECT. */
  readonly answers: Promise<void>[];
}

/** A server whose answers name the registry that the tunnel is for, and who asked. */
async function startRig(passages?: PassageRules | 'none'): Promise<Rig> {
  const [identified, refused, warnings]: [string[], Code[], string[]] = [[], [], []];
  const known = new Map<string, Promise<ServerCredential>>();
  const identify = (host: string): Promise<ServerCredential> => {
    identified.push(host);
    const credential =
      known.get(host) ?? issueFor(authority, { subject: 's', names: [generalNameOf(host)], ...validity });
    known.set(host, credential);
    return credential;
  };
  const answers: Promise<void>[] = [];
  const ignore = (): void => undefined;
  const server = createServer((request, response) => {
    const origin = tunnels.originOf(request.socket);
    response.end(
      `${origin?.registry ?? 'no tunnel'} ${request.socket.remoteAddress ?? ''} ${origin?.user ?? ''}`,
    );
  });
  const tunnels = new Tunnels(
    [registry, 'docker.io', '127.0.0.1:5000'],
    passages === 'none' ? undefined : { identify, passages: passages ?? { hosts: [], others: false } },
    {
      identify: async ({ headers, socket }) => {
        const word = headers['proxy-authorization'];
        if (word === 'Basic wrong')
          throw new DctError('CLIENT_UNKNOWN', { problem: 'the password is wrong' });
        if (word === 'Basic too late') await once(socket, 'close');
        // Before a name can have been looked up.
        if (word === 'Basic leaving') setImmediate(() => socket.destroy());
        return 'alice';
      },
      notices: { warn: (line) => void warnings.push(line), info: ignore, debug: ignore },
      accept: (socket) => void server.emit('connection', socket),
      onRefused: (_client, error) => void refused.push(error.code),
    },
  );
  server.on('connect', (request, _socket, head) => void answers.push(tunnels.answer(request, head)));
  return { port: await listening(server), tunnels, identified, refused, warnings, answers };
}

/** Sends CONNECT; answers the socket and the head of the answer. */
async function ask(port: number, target: string, early = ''): Promise<{ socket: Socket; head: string }> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n${early}`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return { socket, head: chunk.toString('latin1') };
}

async function secure(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const secured = connectTls({ socket, ca, ...options });
  open.push(secured);
  await once(secured, 'secureConnect');
  return secured;
}

async function exchange(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const get = (host: string): string => `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe('a tunnel to a registry', () => {
  it('comes out as a connection for that registry, under a certificate for its host', async () => {
    const { port, identified } = await startRig();
    const { socket, head } = await ask(port, registry);
    expect(head).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    const secured = await secure(socket, { servername: 'registry.test', ALPNProtocols: ['h2', 'http/1.1'] });
    expect(secured.alpnProtocol).toBe('http/1.1');
    expect(await exchange(secured, get(registry))).toContain(`\r\n\r\n${registry} 127.0.0.1 alice`);
    expect(identified).toEqual(['registry.test']);
  });

  it.each([
    ['registry-1.docker.io:443', 'registry-1.docker.io', 'docker.io'],
    ['127.0.0.1:5000', '', '127.0.0.1:5000'],
  ])('CONNECT %s is for %s', async (target, servername, configured) => {
    const { port } = await startRig();
    const { socket } = await ask(port, target);
    const host = target.split(':')[0] ?? '';
    const secured = await secure(socket, { host, ...(servername !== '' && { servername }) });
    expect(await exchange(secured, get(target))).toContain(`\r\n\r\n${configured} `);
  });

  it('PX-02: a handshake for another name is broken off', async () => {
    const { port, warnings } = await startRig();
    const { socket } = await ask(port, registry);
    await expect(secure(socket, { servername: 'other.test' })).rejects.toThrow();
    expect(warnings).toEqual([expect.stringContaining('the client asked for other.test')]);
  });

  it('says in the log why there was no handshake', async () => {
    const { port, warnings } = await startRig();
    const { socket } = await ask(port, registry);
    socket.write('GET /v2/ HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect(warnings).toEqual([
      expect.stringMatching(/^no TLS with 127\.0\.0\.1 as registry\.test: .*http request/),
    ]);
  });

  it('PX-06: no tunnel leads out of a tunnel', async () => {
    const { port, refused } = await startRig({ hosts: ['login.test'], others: true });
    const { socket } = await ask(port, registry);
    const secured = await secure(socket, { servername: 'registry.test' });
    const answer = await exchange(secured, 'CONNECT login.test:443 HTTP/1.1\r\nHost: login.test:443\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(refused).toEqual(['METHOD_REFUSED']);
  });

  it('PX-07: what is still in its handshake is cut when the server ends', async () => {
    const { port, tunnels } = await startRig();
    const { socket } = await ask(port, registry);
    tunnels.close();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});

describe('a tunnel to another host', () => {
  const echo = (): Promise<number> => listening(createTcpServer((socket) => socket.pipe(socket)));

  it('passes both ways, early bytes included, when the host was named', async () => {
    const other = `localhost:${await echo()}`;
    const { port } = await startRig({ hosts: [other], others: false });
    const { socket } = await ask(port, other, 'early ');
    socket.end('late');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toBe('early late');
  });

  it.each(['localhost:443', '127.0.0.2:443', '169.254.169.254:443', '10.0.0.1:443', '[::1]:443'])(
    'AU-09: %s is refused when nobody named it',
    async (target) => {
      const { port, refused } = await startRig({ hosts: [], others: true });
      const { head } = await ask(port, target);
      expect(head).toMatch(/^HTTP\/1\.1 403 a tunnel to .* is refused: its address is not a public one\r\n/);
      expect(refused).toEqual(['TUNNEL_REFUSED']);
    },
  );

  it('AU-09: a public address is asked, even when nobody named it', async () => {
    const left = AbortSignal.abort();
    const opening = openPassage({ host: '192.0.3.1', port: 443, reach: 'public' }, left);
    expect(await codeOfRejection(opening)).toBe('UNREACHABLE');
  });

  it('is refused with a reason that clients show', async () => {
    const { port } = await startRig();
    const { head } = await ask(port, 'other.test:443');
    expect(head).toMatch(/^HTTP\/1\.1 403 a tunnel to other\.test:443 is refused: this proxy is not /);
  });

  it('says that nobody answers there', async () => {
    const server = createTcpServer();
    const closed = `localhost:${await listening(server)}`;
    server.close();
    const { port, refused } = await startRig({ hosts: [closed], others: false });
    expect((await ask(port, closed)).head).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toEqual(['UNREACHABLE']);
  });
});

describe('a client that leaves before it is let in', () => {
  it.each([
    ['a registry', 'too late'],
    ['another host', 'too late'],
    ['another host that is being connected to', 'leaving'],
  ])('costs nothing any more: %s', async (kind, word) => {
    let connections = 0;
    const other = `localhost:${await listening(
      createTcpServer(() => {
        connections += 1;
      }),
    )}`;
    const rig = await startRig({ hosts: [other], others: false });
    const target = kind === 'a registry' ? registry : other;
    const socket = connect(rig.port, '127.0.0.1');
    open.push(socket);
    const login = `Proxy-Authorization: Basic ${word}\r\n`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`);
    await vi.waitUntil(() => rig.answers.length === 1);
    socket.destroy();
    await rig.answers[0];
    expect([connections, rig.refused, rig.warnings]).toEqual([0, [], []]);
  });

  it('ends the connection to the other host, as far as it has come', async () => {
    const gone = new AbortController();
    const server = createTcpServer();
    const opening = openPassage({ host: '127.0.0.1', port: await listening(server) }, gone.signal);
    gone.abort();
    expect(await codeOfRejection(opening)).toBe('UNREACHABLE');
  });
});

describe('a client that is not let in', () => {
  it.each([registry, 'localhost:443'])('gets no tunnel to %s', async (target) => {
    const { port, refused, identified } = await startRig({ hosts: ['localhost'], others: true });
    const socket = connect(port, '127.0.0.1');
    open.push(socket);
    const login = 'Proxy-Authorization: Basic wrong';
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 407 [^]*\r\nProxy-Authenticate: Basic realm="dct"\r\n/);
    expect([refused, identified]).toEqual([['CLIENT_UNKNOWN'], []]);
  });
});

describe('without tunnels', () => {
  it.each([registry, 'other.test:443'])('CONNECT %s is 405', async (target) => {
    const { port, identified } = await startRig('none');
    expect((await ask(port, target)).head).toMatch(/^HTTP\/1\.1 405 CONNECT is refused/);
    expect(identified).toEqual([]);
  });
});
