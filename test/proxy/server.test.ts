// The proxy as an HTTP server: strict about requests, bounded, and orderly at its end.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { startProxy } from '../../src/proxy/index.ts';
import { errorOf, startRig, startSignedRig } from './fakes.ts';
import { getRaw, openPaused, sendRaw } from './raw.ts';
import { content, digestOfAll, ScriptedBlob } from './scripted-blob.ts';

const get = 'GET /v2/ HTTP/1.1\r\nHost: proxy\r\n';

describe('GET /v2/', () => {
  it.each(['GET', 'HEAD'])('%s is 200 with the API version', async (method) => {
    const { url, trust } = await startRig();
    const response = await fetch(`${url}/v2/`, { method });
    expect(response.status).toBe(200);
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(await response.text()).toBe(method === 'GET' ? '{}' : '');
    expect(trust.updates).toEqual([]);
  });
});

describe('PX-05: what the table does not list is 404, without any outgoing request', () => {
  it.each([
    '/',
    '/v1/',
    '/v2',
    '/v2/_catalog',
    '/v2/app/_trust/tuf/root.json',
    '/metrics',
    '/debug',
    '/.well-known/x',
  ])('%s', async (path) => {
    const { url, trust, registry } = await startRig();
    const response = await fetch(`${url}${path}`);
    expect([response.status, (await errorOf(response)).detail.reason]).toEqual([404, 'ROUTE_UNKNOWN']);
    expect([...trust.updates, ...registry.requests]).toEqual([]);
  });
});

describe('PX-15: referrers are blocked', () => {
  it.each(['', '?artifactType=application/vnd.example'])('with 403 and the reason (%s)', async (query) => {
    const { url, registry } = await startRig();
    const response = await fetch(`${url}/v2/app/referrers/${digestOf(new Uint8Array())}${query}`);
    expect([response.status, (await errorOf(response)).detail.reason]).toEqual([403, 'REFERRERS_BLOCKED']);
    expect(registry.requests).toEqual([]);
  });

  it('MF-14: and signature tags are tags that nobody signed', async () => {
    const { url, registry } = await startSignedRig();
    const response = await fetch(`${url}/v2/app/manifests/sha256-${'0'.repeat(64)}.sig`);
    expect([response.status, (await errorOf(response)).detail.reason]).toEqual([403, 'NOT_SIGNED']);
    expect(registry.requests).toEqual([]);
  });
});

describe('PX-06: nothing can be written', () => {
  it.each(['PUT', 'POST', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'])('%s is 405', async (method) => {
    const { port, registry } = await startRig();
    for (const path of ['/v2/app/manifests/v1', '/v2/app/blobs/uploads/', '/']) {
      const answer = await getRaw(port, path, '1.1', method);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
      expect(answer.text).toContain('"code":"UNSUPPORTED"');
    }
    expect(registry.requests).toEqual([]);
  });

  it('bodies are not read: the answer comes at once, and the connection ends', async () => {
    const { port } = await startRig();
    const answer = await sendRaw(
      port,
      `POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: proxy\r\nContent-Length: 1000000000\r\n\r\nx`,
    );
    expect([answer.status, answer.headers.get('connection')]).toEqual([405, 'close']);
  });

  it('not even those that a GET brings along', async () => {
    const { port } = await startRig();
    const chunked = await sendRaw(port, `${get}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    const expected = await sendRaw(port, `${get}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    for (const answer of [chunked, expected]) {
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
      expect(answer.text).not.toContain('100 Continue');
    }
  });
});

describe('PX-01, PX-02: requests that two servers could read differently are 400, and end the connection', () => {
  it.each<[string, string]>([
    [
      'Content-Length and Transfer-Encoding',
      `${get}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two different Content-Lengths', `${get}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ['Transfer-Encoding: xchunked', `${get}Transfer-Encoding: xchunked\r\n\r\n`],
    ['Transfer-Encoding that does not end in chunked', `${get}Transfer-Encoding: chunked, gzip\r\n\r\n`],
    ['negative Content-Length', `${get}Content-Length: -1\r\n\r\n`],
    ['hexadecimal Content-Length', `${get}Content-Length: 0x5\r\n\r\n`],
    ['space before the colon', `${get}X-A : b\r\n\r\n`],
    ['a folded header', `${get}X-A: b\r\n c\r\n\r\n`],
    ['NUL in a header', `${get}X-A: b\u0000c\r\n\r\n`],
    ['a bare CR in a header', `${get}X-A: b\rX-B: c\r\n\r\n`],
    ['no Host', 'GET /v2/ HTTP/1.1\r\n\r\n'],
    ['two Hosts', `${get}Host: evil.test\r\n\r\n`],
    ['twice the same Host', `${get}host: proxy\r\n\r\n`],
    ['a space in the target', 'GET /v2/ /v2/app HTTP/1.1\r\nHost: proxy\r\n\r\n'],
    ['no HTTP', 'HELLO\r\n\r\n'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_name, request) => {
    const { port, trust } = await startRig();
    const answer = await sendRaw(port, request);
    expect(answer.status).toBe(400);
    expect(answer.text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(trust.updates).toEqual([]);
  });

  it('more header than the bound is 431', async () => {
    const { port } = await startRig();
    const answer = await sendRaw(port, `${get}X-A: ${'a'.repeat(limits.requestHeadBytes)}\r\n\r\n`);
    expect(answer.status).toBe(431);
  });
});

describe('PX-10: connections', () => {
  it('an expectation that nobody knows changes nothing: who asks is looked at, and nothing follows a body', async () => {
    const { port, decisions } = await startRig();
    const strange = `${get}Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello`;
    const answer = await sendRaw(port, `${strange}${get}Connection: close\r\n\r\n`);
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    await expect.poll(() => decisions).toHaveLength(1);
  });

  it('an Upgrade is not taken', async () => {
    const { port } = await startRig();
    const answer = await sendRaw(port, `${get}Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`);
    expect(answer.status).toBe(200);
  });

  it('serve on after an error', async () => {
    const { port } = await startRig();
    const missing = 'GET /nothing HTTP/1.1\r\nHost: proxy\r\n\r\n';
    const answer = await sendRaw(port, `${missing}${get}Connection: close\r\n\r\n`);
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  it('pipelined requests are answered in order, one after another', async () => {
    const pieces = content(4);
    const { port, registry } = await startRig();
    const digest = digestOfAll(pieces);
    let running = 0;
    let most = 0;
    const before = (index: number): void => {
      if (index === 0) most = Math.max(most, ++running);
      if (index === pieces.length - 1) running--;
    };
    registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: 4096, pieces, before }));
    const blob = `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: proxy\r\n`;
    const answer = await sendRaw(port, `${blob}\r\n`.repeat(4) + `${blob}Connection: close\r\n\r\n`);
    const body = Buffer.concat(pieces).toString('latin1');
    expect(answer.text.split(body)).toHaveLength(6);
    expect(most).toBe(1);
  });

  it('too many of them at a time end the connection', async () => {
    const { port, trust, registry } = await startRig();
    trust.gate = new Promise(() => undefined);
    const request = 'GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: proxy\r\n\r\n';
    const answer = await sendRaw(port, request.repeat(limits.pipelinedRequests + 2));
    expect(answer.text).toBe('');
    expect([trust.updates.length, registry.requests.length]).toEqual([1, 0]);
  });

  it('PX-07: beyond the bound are not accepted', async () => {
    const { port } = await startRig({ bounds: { connections: 1 } });
    const first = await openPaused(port, get);
    expect((await getRaw(port, '/v2/')).text).toBe('');
    first.destroy();
  });
});

describe('start and end', () => {
  it('an address in use is a usage error that names it', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    await expect(startRig({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      facts: { address: `127.0.0.1:${port}` },
    });
    blocker.close();
  });

  it('needs a registry', async () => {
    const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
    const options = {
      listen: { host: '127.0.0.1', port: 0 },
      upstreams: [],
      clock: { now: () => 0 },
      notices,
    };
    await expect(startProxy(options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('idle connections do not delay the end', async () => {
    const { proxy, port } = await startRig();
    const socket = await openPaused(port, `${get}\r\n`);
    await once(socket.resume(), 'data');
    const ended = once(socket, 'close');
    await proxy.close();
    await ended;
  });
});
