// The proxy with the real registry client, before a registry that writes what it likes on the wire.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { createTransport } from '../../src/http/transport.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { startProxy, type Decision } from '../../src/proxy/index.ts';
import { FakeTrust } from './fakes.ts';
import { getRaw, type RawAnswer } from './raw.ts';

const right = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 8)) % 251));
const digest = digestOf(right);
const flipped = (at: number): Buffer => {
  const copy = Buffer.from(right);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A registry that answers every request with the same bytes. */
async function hostileRegistry(write: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', () => write(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** What a raw client gets for the blob, and what the proxy decided. */
async function pull(
  write: (socket: Socket) => void,
  version: string,
  target = `/v2/app/blobs/${digest}`,
): Promise<RawAnswer & { readonly decision: Decision | undefined }> {
  const host = await hostileRegistry(write);
  const transport = createTransport();
  const clock = { now: () => 0 };
  const credentials = () => Promise.resolve(undefined);
  const pause = () => Promise.resolve();
  const registry = createRegistry({ host, transport, credentials, clock, pause });
  const decisions: Decision[] = [];
  const proxy = await startProxy({
    listen: { host: '127.0.0.1', port: 0 },
    upstreams: [{ host, registry, trust: new FakeTrust() }],
    clock,
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    onDecision: (decision) => void decisions.push(decision),
  });
  stops.push(
    () => proxy.close(0),
    () => transport.close(),
  );
  const answer = await getRaw(Number(new URL(proxy.url).port), target, version);
  return { ...answer, decision: decisions[0] };
}

const measured = (body: Buffer, length = body.length, header = ''): ((socket: Socket) => void) => {
  return (socket) =>
    socket.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${header}Content-Length: ${length}\r\n\r\n`), body]),
    );
};
const chunked = (body: Buffer, end = '0\r\n\r\n'): ((socket: Socket) => void) => {
  return (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let at = 0; at < body.length; at += 30_000) {
      const piece = body.subarray(at, at + 30_000);
      socket.write(
        Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
      );
    }
    socket.end(end);
  };
};

describe('what is right arrives, however it is framed', () => {
  it.each<[string, (socket: Socket) => void, string]>([
    ['a length', measured(right), '1.1'],
    ['a length, to HTTP/1.0', measured(right), '1.0'],
    ['chunks', chunked(right), '1.1'],
  ])('%s', async (_name, write, version) => {
    const answer = await pull(write, version);
    expect(answer).toMatchObject({
      status: 200,
      complete: true,
      decision: { verdict: 'served', bytes: right.length },
    });
    if (answer.headers.has('content-length'))
      expect(answer.text.endsWith(right.toString('latin1'))).toBe(true);
  });
});

describe('I4: what is wrong never arrives complete', () => {
  const extended = Buffer.concat([right, Buffer.from('!')]);
  it.each<[string, (socket: Socket) => void]>([
    ['BL-01 first byte flipped', measured(flipped(0))],
    ['BL-01 middle byte flipped', measured(flipped(100_000))],
    ['BL-01 last byte flipped', measured(flipped(right.length - 1))],
    ['BL-01 last byte flipped, chunked', chunked(flipped(right.length - 1))],
    ['BL-02 truncated, lying length', measured(right.subarray(0, -1), right.length)],
    ['BL-02 truncated, honest length', measured(right.subarray(0, -1))],
    ['BL-02 truncated, chunked', chunked(right.subarray(0, -1))],
    ['BL-02 right content, chunked, end missing', chunked(right, '')],
    ['BL-03 extended, honest length', measured(extended)],
    ['BL-03 extended, chunked', chunked(extended)],
    ['BL-06 said to be encoded', measured(right, right.length, 'Content-Encoding: gzip\r\n')],
    ['BL-12 two lengths', measured(right, right.length, 'Content-Length: 5\r\n')],
    ['BL-12 negative length', measured(right, -1)],
    ['replaced', measured(Buffer.from('Malicious data'))],
    ['emptied', measured(Buffer.alloc(0))],
    ['reset at once', (socket) => socket.resetAndDestroy()],
  ])('%s', async (_name, write) => {
    for (const version of ['1.1', '1.0']) {
      const answer = await pull(write, version);
      expect(answer.status === 200 && answer.complete).toBe(false);
      expect(answer.decision?.verdict).toMatch(/^(?:cut|failed|refused)$/);
    }
  });
});

describe('I3: no byte of a manifest that is not what was asked for', () => {
  const manifest = Buffer.from(
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
  );
  const wanted = digestOf(manifest);
  const target = `/v2/app/manifests/${wanted}`;

  it('the right one arrives with headers of ours (MF-03)', async () => {
    const lies = `Docker-Content-Digest: sha256:${'0'.repeat(64)}\r\nETag: "x"\r\nContent-Type: text/html\r\nX-Evil: 1\r\n`;
    const answer = await pull(measured(manifest, manifest.length, lies), '1.1', target);
    expect(answer.text.endsWith(manifest.toString())).toBe(true);
    expect(answer.headers.get('docker-content-digest')).toBe(wanted);
    expect(answer.headers.get('etag')).toBe(`"${wanted}"`);
    expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
    expect(answer.headers.has('x-evil')).toBe(false);
  });

  it('MF-02: other bytes with a matching header are 403', async () => {
    const other = Buffer.from(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[] }',
    );
    const claim = `Docker-Content-Digest: ${wanted}\r\n`;
    const answer = await pull(measured(other, other.length, claim), '1.1', target);
    expect([answer.status, answer.complete]).toEqual([403, true]);
    expect(answer.text).not.toContain('schemaVersion');
  });

  it('MF-17, PX-17: pages of HTML stay where they are', async () => {
    const html = Buffer.from('<html>blocked</html>');
    for (const status of ['200 OK', '404 Not Found', '403 Forbidden', '451 Blocked', '502 Bad Gateway']) {
      const write = (socket: Socket): void => {
        const head = `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nX-Evil: 1\r\nContent-Length: ${html.length}\r\n\r\n`;
        socket.end(head + html.toString());
      };
      const answer = await pull(write, '1.1', target);
      expect([403, 404, 502, 503]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.text).not.toMatch(/<html>|X-Evil/i);
    }
  });
});
