// PX-13: the name that a client asks for in its TLS handshake brings no certificate into being, and leads to no other registry.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TlsIdentity } from '../../../src/proxy/index.ts';
import { generalNameOf, issueFor, makeAuthority, type Authority } from '../../../src/x509/index.ts';
import { entryOf, gunOf, host, manifestBytes, otherHost, startRig, type Rig } from '../fakes.ts';

const dayMs = 24 * 60 * 60 * 1000;
const validity = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs };
let authority: Authority;
let ca: string;
beforeAll(async () => {
  ({ authority, cert: ca } = await makeAuthority({ name: 'authority', ...validity }));
});
const certificateFor = (name: string): ReturnType<typeof issueFor> =>
  issueFor(authority, { subject: 'test', names: [generalNameOf(name)], ...validity });

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
function kept<T extends Socket>(socket: T): T {
  sockets.push(socket.on('error', () => undefined));
  return socket;
}

interface NamedRig extends Rig {
  /** Hosts that a certificate was asked for. */
  readonly asked: readonly string[];
}

/** A proxy that speaks TLS as 127.0.0.1 and opens tunnels; `app:v1` is signed in one of its two registries. */
async function startNamedRig(): Promise<NamedRig> {
  const { cert, key } = await certificateFor('127.0.0.1');
  const ignore = (): void => undefined;
  const identity = await TlsIdentity.open({
    files: { cert: '/cert', key: '/key' },
    read: (path) => Promise.resolve(Buffer.from(path === '/cert' ? cert : key)),
    clock: Date,
    notices: { warn: ignore, info: ignore, debug: ignore },
    everyMs: 2 ** 30,
  });
  const asked: string[] = [];
  const issued = new Map<string, ReturnType<typeof issueFor>>();
  const identify = (name: string): ReturnType<typeof issueFor> => {
    asked.push(name);
    const credential = issued.get(name) ?? certificateFor(name);
    issued.set(name, credential);
    return credential;
  };
  const rig = await startRig({ identity, tunnels: { identify, passages: { hosts: [], others: false } } });
  const bytes = manifestBytes('signed');
  rig.registry.store(bytes);
  rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(bytes) } });
  return { ...rig, asked };
}

/** A client that shows whatever name it likes, and takes whatever certificate it is shown. */
async function secure(
  socket: Socket,
  name: string | undefined,
  more: ConnectionOptions = {},
): Promise<TLSSocket> {
  const servername = name === undefined ? {} : { servername: name };
  const secured = kept(
    connectTls({ socket, ca, checkServerIdentity: () => undefined, ...servername, ...more }),
  );
  await once(secured, 'secureConnect');
  return secured;
}

/** The TLS connection to the proxy itself. */
const reach = (port: number, name?: string): Promise<TLSSocket> =>
  secure(kept(connect(port, '127.0.0.1')), name);

/** A tunnel to that registry, before any handshake inside. */
async function tunnel(port: number, target: string, name?: string): Promise<Socket> {
  const socket = await reach(port, name);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
  return socket;
}

async function pull(socket: Socket, hostHeader: string): Promise<string> {
  socket.write(`GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: ${hostHeader}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text.slice(0, 'HTTP/1.1 200'.length);
}

const shown = (socket: TLSSocket): string | undefined => socket.getPeerCertificate().subjectaltname;
const own = 'IP Address:127.0.0.1';
const [registryName, otherName] = [host.replace(/:\d+$/, ''), otherHost];

describe('PX-13: the handshake with the proxy itself', () => {
  it.each([undefined, 'proxy.test', registryName, otherName])('for %s', async (name) => {
    const { port, registry, other, asked } = await startNamedRig();
    const socket = await reach(port, name);
    expect(shown(socket)).toBe(own);
    expect(await pull(socket, 'proxy')).toBe('HTTP/1.1 200');
    expect([registry.requests.length, other.requests, asked]).toEqual([1, [], []]);
  });
});

describe('PX-13: the handshake inside of a tunnel', () => {
  it.each([undefined, registryName, registryName.toUpperCase()])(
    'for %s is one for its registry',
    async (name) => {
      const { port, registry, other, asked } = await startNamedRig();
      const socket = await secure(await tunnel(port, host, otherName), name);
      expect(shown(socket)).toBe(`DNS:${registryName}`);
      expect(await pull(socket, host)).toBe('HTTP/1.1 200');
      expect([registry.requests.length, other.requests, asked]).toEqual([1, [], [registryName]]);
    },
  );

  it.each(['other.test', otherName, `x.${registryName}`, `${registryName}.`])(
    'for %s is broken off',
    async (name) => {
      const { port, registry, other, asked, trust, lines } = await startNamedRig();
      await expect(secure(await tunnel(port, host), name)).rejects.toThrow();
      await expect.poll(() => lines).toEqual([expect.stringContaining(`the client asked for ${name}`)]);
      expect(asked).toEqual([registryName]);
      expect([...registry.requests, ...other.requests, ...trust.updates]).toEqual([]);
    },
  );

  it.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])(
    'is broken off too when a session of the right name is to be resumed (%s)',
    async (maxVersion) => {
      const { port, lines } = await startNamedRig();
      const first = await secure(await tunnel(port, host), registryName, { maxVersion });
      let session: Buffer | undefined = first.getSession();
      first.on('session', (newer: Buffer) => (session = newer));
      expect(await pull(first, host)).toBe('HTTP/1.1 200');
      await expect(secure(await tunnel(port, host), 'other.test', { session, maxVersion })).rejects.toThrow();
      await expect
        .poll(() => lines)
        .toContainEqual(expect.stringContaining('the client asked for other.test'));
    },
  );
});
