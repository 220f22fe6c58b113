// The reusable read buffer: nothing that anybody still holds is ever overwritten, whatever the pieces on the wire.
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport, type ClosableTransport } from '../../src/http/transport.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { testAuthority } from '../support/certificates.ts';
import { reply, serve, serveRaw, type HostileServer } from '../support/hostile-server.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});
function keep<T extends { close(): Promise<void> | void }>(item: T): T {
  open.push(item);
  return item;
}
const get = (url: URL) => ({ method: 'GET', url, headers: {} });
const transport = (ca?: string): ClosableTransport => keep(createTransport(ca === undefined ? {} : { ca }));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const authority = testAuthority();
const certificate = authority.issue('IP:127.0.0.1');
authority.close();
const content = randomBytes(6 * 1024 * 1024);

describe.each([
  ['plain', undefined],
  ['TLS', certificate],
])('%s', (_name, tls) => {
  const server = async (): Promise<HostileServer> =>
    keep(await serve(reply(200, { 'X-Kind': 'large' }, content), tls));
  const client = (): ClosableTransport => transport(tls && authority.ca);

  it('a consumer that takes its time sees its bytes unchanged', async () => {
    const hash = createHash('sha256');
    const response = await client()(get((await server()).url('/')));
    await response.body.deliver(async (chunk) => {
      const before = sha256(chunk);
      // The server goes on sending meanwhile.
      for (let i = 0; i < 3; i++) await turn();
      expect(sha256(chunk)).toBe(before);
      hash.update(chunk);
    });
    expect(hash.digest('hex')).toBe(sha256(content));
  });

  it('pauses now and then change nothing', async () => {
    const hash = createHash('sha256');
    let count = 0;
    const response = await client()(get((await server()).url('/')));
    await response.body.deliver((chunk) => {
      hash.update(chunk);
      return ++count % 3 === 0 ? turn() : undefined;
    });
    expect(hash.digest('hex')).toBe(sha256(content));
  });

  it.each([
    ['at once', () => undefined],
    ['slowly', turn],
  ])('an answer that ends with its connection is taken whole, %s', async (_pace, pause) => {
    const from = keep(
      await serve((response) => {
        response.useChunkedEncodingByDefault = false;
        response.writeHead(200, { connection: 'close' });
        response.end(content);
      }, tls),
    );
    const hash = createHash('sha256');
    const response = await client()(get(from.url('/')));
    await response.body.deliver((chunk) => {
      hash.update(chunk);
      return pause();
    });
    expect(hash.digest('hex')).toBe(sha256(content));
  });

  it('many at once do not mix', async () => {
    const from = await server();
    const send = client();
    const hashes = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const hash = createHash('sha256');
        const response = await send(get(from.url('/')));
        expect(response.headers['x-kind']).toBe('large');
        await response.body.deliver((chunk) => void hash.update(chunk));
        return hash.digest('hex');
      }),
    );
    expect(new Set(hashes)).toEqual(new Set([sha256(content)]));
  });
});

it.each([
  ['plain', undefined],
  ['TLS', certificate],
])(
  'BL-03 %s: a reset while a consumer is busy is an error, not the end of the process',
  async (_name, tls) => {
    let reset = (): void => undefined;
    const from = keep(
      await serve((response) => {
        response.writeHead(200, { 'content-length': content.length, connection: 'close' });
        response.write(content.subarray(0, 100_000));
        reset = () => {
          if (tls) response.socket?.destroy();
          else response.socket?.resetAndDestroy();
        };
      }, tls),
    );
    const response = await transport(tls && authority.ca)(get(from.url('/')));
    const delivered = response.body.deliver(async () => {
      reset();
      for (let i = 0; i < 20; i++) await turn();
    });
    await expect(delivered).rejects.toMatchObject({ code: 'CUT_OFF' });
  },
);

describe('a head in many pieces', () => {
  const head = 'HTTP/1.1 200 OK\r\nX-First: one\r\nX-Second: two\r\nContent-Length: 4\r\n\r\nbody';

  async function dribble(socket: Socket): Promise<void> {
    for (const character of head) {
      socket.write(character);
      // Twice, so that the piece before has surely been read.
      await turn();
      await turn();
    }
  }

  async function whole(response: HttpResponse): Promise<unknown> {
    const parts: Uint8Array[] = [];
    await response.body.deliver((chunk) => void parts.push(Uint8Array.from(chunk)));
    const { 'x-first': first, 'x-second': second } = response.headers;
    return [first, second, Buffer.concat(parts).toString()];
  }

  it('is put together right, on the first request of a connection and on the next', async () => {
    const server = keep(await serveRaw((socket) => void dribble(socket)));
    const send = transport();
    for (let i = 0; i < 4; i++)
      expect(await whole(await send(get(server.url('/'))))).toEqual(['one', 'two', 'body']);
  });

  it('after a large body on the same connection', async () => {
    const ports = new Set<number | undefined>();
    const server = keep(
      await serveRaw((socket, request) => {
        ports.add(socket.remotePort);
        if (!request.includes('/large')) return void dribble(socket);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`);
        socket.write(content);
      }),
    );
    const send = transport();
    for (let i = 0; i < 3; i++) {
      await whole(await send(get(server.url('/large'))));
      // The connection is free again in the next turn.
      await turn();
      await turn();
      expect(await whole(await send(get(server.url('/'))))).toEqual(['one', 'two', 'body']);
    }
    // Six requests on two connections at most.
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});
