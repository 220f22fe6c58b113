// The transport against servers that misbehave: framing, sizes, deadlines, TLS, forward proxies.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { tunnel } from './tunnel.ts';
import { createTransport, type ClosableTransport, type TransportOptions } from '../../src/http/transport.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { bytes, reply, serve, serveRaw, serveSilence } from '../support/hostile-server.ts';
import { testAuthority } from '../support/certificates.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});
function keep<T extends { close(): Promise<void> | void }>(item: T): T {
  open.push(item);
  return item;
}
const transport = (options: TransportOptions = {}): ClosableTransport => keep(createTransport(options));
const get = (url: URL, extra: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  ...extra,
});

async function text(response: HttpResponse): Promise<string> {
  const parts: Uint8Array[] = [];
  await response.body.deliver((chunk) => void parts.push(Uint8Array.from(chunk)));
  return Buffer.concat(parts).toString();
}

describe('an honest exchange', () => {
  it('asks for identity encoding and joins repeated fields', async () => {
    const server = keep(await serve(reply(200, { 'X-Twice': ['a', 'b'] }, 'hello')));
    const response = await transport()(get(server.url('/a?b=c'), { headers: { accept: 'text/plain' } }));
    expect([response.status, response.headers['x-twice'], await text(response)]).toEqual([
      200,
      'a, b',
      'hello',
    ]);
    expect(server.heard).toMatchObject([
      { method: 'GET', path: '/a?b=c', headers: { 'accept-encoding': 'identity', accept: 'text/plain' } },
    ]);
  });

  it('sends a body with its length', async () => {
    const server = keep(await serve(reply(202, {})));
    await text(await transport()(get(server.url('/'), { method: 'POST', body: Buffer.from('payload') })));
    expect(server.heard).toMatchObject([{ body: 'payload', headers: { 'content-length': '7' } }]);
  });

  it.each([
    ['HEAD with a length', 'HEAD', reply(200, { 'content-length': '1000' })],
    ['204', 'GET', reply(204, {})],
    ['an empty body', 'GET', reply(200, { 'content-length': '0' })],
  ])('%s has no body', async (_name, method, answer) => {
    const server = keep(await serve(answer));
    expect(await text(await transport()(get(server.url('/'), { method })))).toBe('');
  });

  it('does not follow redirects', async () => {
    const server = keep(await serve(reply(302, { location: '/elsewhere' })));
    const response = await transport()(get(server.url('/')));
    expect([response.status, await text(response), server.heard.length]).toEqual([302, '', 1]);
  });

  it('uses connections again for requests that follow each other', async () => {
    const ports = new Set<number | undefined>();
    const server = keep(
      await serve((response) => {
        ports.add(response.socket?.remotePort);
        response.end('x');
      }),
    );
    const send = transport();
    for (let i = 0; i < 8; i++) await text(await send(get(server.url('/'))));
    // Asked again in the very moment an answer ends, the pool may open a second one, but no more.
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('back-pressure', () => {
  it('does not read on while the consumer is busy', async () => {
    let written = 0;
    const size = 256 * 1024 * 1024;
    const server = keep(
      await serveRaw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
        const block = Buffer.alloc(1024 * 1024);
        const more = (): void => {
          while (written < size && !socket.destroyed) {
            written += block.length;
            if (!socket.write(block)) return;
          }
        };
        socket.on('drain', more);
        more();
      }),
    );
    const response = await transport()(get(server.url('/')));
    let release: () => void = () => undefined;
    const first = new Promise<void>((entered) => {
      void response.body
        .deliver(() => {
          entered();
          return new Promise<void>((resolve) => (release = resolve));
        })
        .catch(() => undefined);
    });
    await first;
    // Another request on the same event loop gives the stalled one every chance to read on.
    const other = keep(await serve(reply(200, {}, Buffer.alloc(8 * 1024 * 1024))));
    await text(await transport()(get(other.url('/'))));
    expect(written).toBeLessThan(64 * 1024 * 1024);
    response.body.cancel();
    release();
  });

  it("gives the consumer's own error back and breaks the connection", async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const server = keep(
      await serveRaw((socket) => {
        socket.on('close', closed);
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc');
      }),
    );
    for (const fail of [
      (): void => {
        throw new Error('full');
      },
      () => Promise.reject(new Error('full')),
    ]) {
      const response = await transport()(get(server.url('/')));
      await expect(response.body.deliver(fail)).rejects.toThrow('full');
      await gone;
    }
  });
});

describe('framing', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['ED-14 two different lengths', `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
    [
      'ED-14 length and chunked',
      `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    ],
    ['BL-12 length is negative', `${ok}Content-Length: -1\r\n\r\nabc`],
    ['BL-12 length is 2^64', `${ok}Content-Length: 18446744073709551616\r\n\r\nabc`],
    ['BL-12 length is 1e9', `${ok}Content-Length: 1e9\r\n\r\nabc`],
    ['ED-09 transfer coding gzip', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['BL-06 content coding gzip', `${ok}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`],
    ['ED-06 header of 1 MiB', `${ok}X-Large: ${'a'.repeat(1 << 20)}\r\n\r\n`],
    ['ED-06 10000 fields', `${ok}${Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1\r\n`).join('')}\r\n`],
    ['not HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a header field with a bare NUL', `${ok}X: a\0b\r\n\r\n`],
  ])('%s is refused before the head is handed on', async (_name, answer) => {
    const server = keep(await serveRaw(bytes(answer, 'stay')));
    await expect(transport()(get(server.url('/')))).rejects.toMatchObject({ code: 'HTTP_INVALID' });
  });

  it.each([
    ['BL-02 body shorter than its length, clean end', `${ok}Content-Length: 10\r\n\r\nabc`, 'end'],
    ['BL-07 reset in the body', `${ok}Content-Length: 10\r\n\r\nabc`, 'reset'],
    ['chunked without its last chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, 'end'],
    ['a chunk size that is no number', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n`, 'stay'],
  ] as const)('%s is CUT_OFF', async (_name, answer, then) => {
    const server = keep(await serveRaw(bytes(answer, then)));
    const response = await transport()(get(server.url('/')));
    await expect(text(response)).rejects.toMatchObject({ code: 'CUT_OFF' });
  });

  it('ED-14 an unsolicited second answer never answers the next request', async () => {
    const answer = `${ok}Content-Length: 1\r\n\r\nA${ok}Content-Length: 4\r\n\r\nEVIL`;
    const server = keep(await serveRaw(bytes(answer, 'stay')));
    const send = transport();
    expect(await text(await send(get(server.url('/'))))).toBe('A');
    for (let i = 0; i < 3; i++) {
      const body = await send(get(server.url('/'))).then(text, () => 'refused');
      expect(['A', 'refused']).toContain(body);
    }
  });

  it('BL-17 early hints are skipped', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(20);
    const server = keep(await serveRaw(bytes(`${hints}${ok}Content-Length: 2\r\n\r\nok`)));
    expect(await text(await transport()(get(server.url('/'))))).toBe('ok');
  });
});

describe('ED-08: a registry that sends us to a new server with every answer', () => {
  it('finds connections kept to a few of them only, and none broken that is in use', async () => {
    const server = createServer((request, response) => {
      response.write('begun ');
      if (request.url === '/at-once') response.end('ended');
      else later.push(() => response.end('ended'));
    });
    const later: (() => void)[] = [];
    server.keepAliveTimeout = 60_000;
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    // Every address below 127.0.0.0/8 is this machine.
    const at = (i: number, path: string): URL =>
      new URL(`http://127.0.${Math.floor(i / 200)}.${(i % 200) + 1}:${port}${path}`);
    const send = transport();
    const first = await send(get(at(0, '/later')));
    for (let i = 1; i <= limits.origins + 20; i++)
      expect(await text(await send(get(at(i, '/at-once'))))).toBe('begun ended');
    const connections = promisify(server.getConnections.bind(server));
    await expect.poll(() => connections()).toBeLessThanOrEqual(limits.origins + 1);
    for (const end of later) end();
    expect(await text(first)).toBe('begun ended');
    await expect.poll(() => connections()).toBeLessThanOrEqual(limits.origins);
  });
});

describe('deadlines', () => {
  const short = { connectMs: 60, headMs: 60, idleMs: 60 };

  it('ED-07 no answer after the request', async () => {
    const server = keep(await serveSilence());
    const sent = transport({ deadlines: { headMs: 30 } })(get(server.url('/')));
    await expect(sent).rejects.toMatchObject({ code: 'TIMEOUT', facts: { phase: 'waiting for the answer' } });
  });

  it('ED-07 TCP is accepted, TLS never answered', async () => {
    const server = keep(await serveSilence());
    const sent = transport({ deadlines: { connectMs: 30 } })(get(new URL(`https://${server.host}/`)));
    await expect(sent).rejects.toMatchObject({ code: 'TIMEOUT', facts: { phase: 'connecting' } });
  });

  it('BL-17 endless interim answers do not extend the deadline', async () => {
    const server = keep(
      await serveRaw((socket) => {
        const again = (): void => {
          if (!socket.destroyed) socket.write('HTTP/1.1 103 Early Hints\r\n\r\n', () => setImmediate(again));
        };
        again();
      }),
    );
    await expect(transport({ deadlines: short })(get(server.url('/')))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('BL-07 a body that stalls', async () => {
    const server = keep(await serveRaw(bytes('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', 'stay')));
    const response = await transport({ deadlines: short })(get(server.url('/')));
    await expect(text(response)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('cancelling', () => {
  it.each(['before', 'while waiting'])('%s the request', async (when) => {
    const server = keep(await serveSilence());
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const sent = transport()(get(server.url('/'), { signal: controller.signal }));
    controller.abort();
    await expect(sent).rejects.toMatchObject({ code: 'CUT_OFF' });
  });

  it('in the body', async () => {
    const server = keep(await serveRaw(bytes('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', 'stay')));
    const controller = new AbortController();
    const response = await transport()(get(server.url('/'), { signal: controller.signal }));
    await expect(response.body.deliver(() => controller.abort())).rejects.toMatchObject({ code: 'CUT_OFF' });
  });
});

describe('connecting', () => {
  it('names the cause when nobody listens', async () => {
    const server = await serveSilence();
    await server.close();
    const sent = transport()(get(server.url('/')));
    await expect(sent).rejects.toMatchObject({
      code: 'UNREACHABLE',
      facts: { problem: 'connection refused' },
    });
  });

  it.each([
    ['127.0.0.1', 'public'],
    ['localhost', 'public'],
    ['localhost', 'private'],
    ['[::ffff:127.0.0.1]', 'public'],
  ] as const)('AU-09 %s is out of %s reach, without a connection', async (host, reach) => {
    const server = keep(await serve(reply(200, {}, 'secret')));
    const sent = transport()(get(new URL(`http://${host}:${server.port}/`), { reach }));
    await expect(sent).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.heard).toEqual([]);
  });

  it('AU-09 a name without an address is told as that, not judged', async () => {
    // Longer than a label can be (RFC 1035 2.3.4), so that nobody is asked for it.
    const url = new URL(`http://${'a'.repeat(64)}.test/`);
    await expect(transport()(get(url, { reach: 'public' }))).rejects.toMatchObject({
      code: 'UNREACHABLE',
      facts: { problem: 'no such host' },
    });
  });
});

describe('TLS', () => {
  const authority = testAuthority();
  const right = authority.issue('DNS:localhost,IP:127.0.0.1');
  const wrong = authority.issue('DNS:registry.example');
  authority.close();

  it('trusts a given authority besides the system ones', async () => {
    const server = keep(await serve(reply(200, {}, 'secure'), right));
    expect(await text(await transport({ ca: authority.ca })(get(server.url('/'))))).toBe('secure');
  });

  it.each([
    ['an unknown authority', right, undefined, /authority that is not trusted/],
    ['another name', wrong, authority.ca, /another name/],
  ])('refuses %s and says why', async (_name, certificate, ca, problem) => {
    const server = keep(await serve(reply(200, {}, 'secret'), certificate));
    const sent = transport(ca === undefined ? {} : { ca })(
      get(server.url('/'), { headers: { authorization: 'x' } }),
    );
    await expect(sent).rejects.toMatchObject({
      code: 'TLS',
      facts: { problem: expect.stringMatching(problem) as string },
    });
    expect(server.heard).toEqual([]);
  });

  it('tells a server that does not speak TLS', async () => {
    const server = keep(await serve(reply(200, {}, 'plain')));
    await expect(transport()(get(new URL(`https://${server.host}/`)))).rejects.toMatchObject({ code: 'TLS' });
  });

  it.each([
    ['an authority', { ca: 'x' }],
    ['a certificate', { clientCert: 'x' }],
    ['a key', { clientKey: 'x' }],
    ['both', { clientCert: 'x', clientKey: 'y' }],
  ])('refuses material that is not PEM: %s', (_name, material) => {
    expect(() => createTransport(material)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('AU-15 passes through a forward proxy by CONNECT, which never sees the request', async () => {
    const server = keep(await serve(reply(200, {}, 'secure'), right));
    const proxy = keep(await tunnel(server.port));
    const env = { HTTPS_PROXY: `http://me:pass@${proxy.host}` };
    const url = new URL(`https://registry.example/`);
    const named = keep(await serve(reply(200, {}, 'named'), wrong));
    const namedProxy = keep(await tunnel(named.port));
    const send = transport({ env: { https_proxy: `http://${namedProxy.host}` }, ca: authority.ca });
    expect(await text(await send(get(url, { headers: { authorization: 'mine' } })))).toBe('named');
    expect(namedProxy.heads.join()).not.toContain('mine');
    await expect(transport({ env, ca: authority.ca })(get(url))).rejects.toMatchObject({ code: 'TLS' });
    expect(proxy.heads.join()).toMatch(
      /^CONNECT registry\.example:443 [^]*proxy-authorization: Basic bWU6cGFzcw==/i,
    );
    expect(server.heard).toEqual([]);
  });
});

describe('a forward proxy for plain HTTP', () => {
  it('AU-15 gets the absolute address, and its credentials stay with it', async () => {
    const proxy = keep(await serve(reply(200, {}, 'via')));
    const send = transport({ env: { HTTP_PROXY: `http://me:pass@${proxy.host}` } });
    expect(await text(await send(get(new URL('http://registry.example/v2/'))))).toBe('via');
    expect(proxy.heard).toMatchObject([
      {
        path: 'http://registry.example/v2/',
        headers: { 'proxy-authorization': 'Basic bWU6cGFzcw==', host: 'registry.example' },
      },
    ]);
  });

  it.each(['https', 'http'])(
    'AU-15 that wants other credentials for %s is an error that does not repeat ours',
    async (scheme) => {
      const proxy = keep(
        await serveRaw(bytes('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')),
      );
      const env = { [`${scheme}_proxy`]: `http://me:hidden@${proxy.host}` };
      const failure: unknown = await transport({ env })(get(new URL(`${scheme}://registry.example/`))).catch(
        (e: unknown) => e,
      );
      expect(failure).toMatchObject({ code: 'UNREACHABLE' });
      expect(String(failure)).not.toContain('hidden');
    },
  );
});
