// A handler behind a real socket: what arrives, what is sent, and what happens when it fails.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { createTransport } from '../../src/http/transport.ts';
import type { SandboxHandler } from '../../src/sandbox/http/handler.ts';
import { listen, type ListenOptions } from '../../src/sandbox/http/listen.ts';

async function talk(
  handler: SandboxHandler,
  raw: string,
  options: Partial<ListenOptions> = {},
): Promise<string> {
  const { port, close } = await listen(handler, { host: '127.0.0.1', port: 0, ...options });
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.end(raw);
  await once(socket, 'close');
  await close();
  return answer.replace(/^Date: .*\r\n/m, '');
}

const request = (line: string, rest = ''): string =>
  `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}\r\n`;

it('hands over the request as it was sent', async () => {
  const seen: unknown[] = [];
  const handler: SandboxHandler = async ({ method, target, headers, body }) => {
    const parts: string[] = [];
    for await (const part of body) parts.push(Buffer.from(part).toString());
    seen.push({ method, target, header: headers['x-header'], body: parts.join('') });
    return { status: 204, headers: {} };
  };
  await talk(
    handler,
    request('PUT /v2/a%2Fb?x=1', 'X-Header: one\r\nX-Header: two\r\nContent-Length: 3\r\n') + 'abc',
  );
  expect(seen).toEqual([{ method: 'PUT', target: '/v2/a%2Fb?x=1', header: 'one, two', body: 'abc' }]);
});

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield utf8('first, ');
  await Promise.resolve();
  yield utf8('second');
}

describe('an answer', () => {
  it.each([
    { body: undefined, method: 'GET', ends: 'Content-Length: 0\r\nConnection: close\r\n\r\n' },
    { body: utf8('all'), method: 'GET', ends: 'Content-Length: 3\r\nConnection: close\r\n\r\nall' },
    { body: utf8('all'), method: 'HEAD', ends: 'Content-Length: 3\r\nConnection: close\r\n\r\n' },
  ])('to $method with the body $body', async ({ body, method, ends }) => {
    const answer = await talk(
      () => Promise.resolve({ status: 200, headers: {}, ...(body && { body }) }),
      request(`${method} /`),
    );
    expect(answer).toBe(`HTTP/1.1 200 OK\r\n${ends}`);
  });

  it('may come in pieces, of known or unknown length', async () => {
    const known = await talk(
      () => Promise.resolve({ status: 200, headers: { 'Content-Length': '13' }, body: pieces() }),
      request('GET /'),
    );
    expect(known).toMatch(/\r\n\r\nfirst, second$/);
    const unknown = await talk(
      () => Promise.resolve({ status: 200, headers: {}, body: pieces() }),
      request('GET /'),
    );
    expect(unknown).toContain('7\r\nfirst, \r\n6\r\nsecond\r\n0\r\n');
  });
});

describe('a handler that fails', () => {
  it('before it answers: 500, and the failure is told', async () => {
    const failures: unknown[] = [];
    const failure = new Error('disk full');
    const answer = await talk(() => Promise.reject(failure), request('GET /'), {
      onFailure: (error) => failures.push(error),
    });
    expect(answer).toMatch(/^HTTP\/1.1 500 /);
    expect(failures).toEqual([failure]);
  });

  it('in the middle: the connection is cut, so that nothing passes for complete', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield utf8('half');
      await Promise.resolve();
      throw new Error('disk gone');
    }
    const answer = await talk(
      () => Promise.resolve({ status: 200, headers: {}, body: broken() }),
      request('GET /'),
    );
    expect(answer).not.toContain('\r\n0\r\n\r\n');
  });
});

describe('the port', () => {
  it('that is taken is named, with the option that chooses another', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const options = { host: '127.0.0.1', port, option: '--registry-port' };
    await expect(listen(() => Promise.reject(new Error()), options)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      facts: { address: `127.0.0.1:${port}`, problem: 'EADDRINUSE', option: '--registry-port N' },
    });
    blocker.close();
  });

  it('is free again after the end, also with connections open', async () => {
    const handler: SandboxHandler = () => Promise.resolve({ status: 200, headers: {} });
    const first = await listen(handler, { host: '127.0.0.1', port: 0 });
    const transport = createTransport();
    await transport({ method: 'GET', url: new URL(`http://127.0.0.1:${first.port}/`), headers: {} });
    await first.close();
    const second = await listen(handler, { host: '127.0.0.1', port: first.port });
    expect(second.port).toBe(first.port);
    await transport.close();
    await second.close();
  });
});
