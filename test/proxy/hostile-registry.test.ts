// The proxy with the real registry client, before a registry that writes what it likes on the wire.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { createTransport } from '../../src/http/transport.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { startProxy, type Decision } from '../../src/proxy/index.ts';
import type { BlobCache } from '../../src/blob-cache/index.ts';
import { watchHeld, type HeldWatch } from '../attacks/invariants.ts';
import { leftovers, openRig } from '../blob-cache/support.ts';
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
const watches: HeldWatch[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  for (const { expectBounded, expectReleased } of watches.splice(0)) {
    expectBounded();
    await expectReleased();
  }
});

/** Answers a request, of which it gets the head. */
type Write = (socket: Socket, head: string) => void;

/** A registry that answers the first request of every connection. */
async function hostileRegistry(write: Write): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .once('data', (head: Buffer) => write(socket, head.toString('latin1')));
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
  write: Write,
  version: string,
  target = `/v2/app/blobs/${digest}`,
  cache?: BlobCache,
): Promise<RawAnswer & { readonly decision: Decision | undefined }> {
  const held = watchHeld();
  watches.push(held);
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
    cache,
    clock,
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    onDecision: (decision) => void decisions.push(decision),
  });
  stops.push(
    () => proxy.close(0),
    () => transport.close(),
  );
  const answer = await getRaw(Number(new URL(proxy.url).port), target, version);
  await expect.poll(() => decisions).toHaveLength(1);
  held.look();
  return { ...answer, decision: decisions[0] };
}

const measured = (body: Buffer, length = body.length, header = ''): Write => {
  return (socket) =>
    socket.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${header}Content-Length: ${length}\r\n\r\n`), body]),
    );
};
const chunked = (body: Buffer, end = '0\r\n\r\n'): Write => {
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

/** A part, as an answer to whoever asked for the whole. */
const partial = (body: Buffer): Write => {
  const range = `Content-Range: bytes 0-${body.length - 1}/${body.length}\r\n`;
  return (socket) =>
    socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 206 Partial Content\r\n${range}\r\n`), body]));
};

describe('what is right arrives, however it is framed', () => {
  it.each<[string, Write, string]>([
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

/** The first half, and then nothing; whoever asks for the rest gets that. */
const continued = (rest: string, body: Buffer = right.subarray(100_000)): Write => {
  return (socket, head) => {
    if (!/^range:/im.test(head)) measured(right.subarray(0, 100_000), right.length)(socket, head);
    else socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 206 Partial Content\r\n${rest}\r\n`), body]));
  };
};
const second = 'Content-Range: bytes 100000-199999/200000\r\nContent-Length: 100000\r\n';

describe('what is right arrives', () => {
  it('BL-07 in two parts', async () => {
    const answer = await pull(continued(second), '1.1');
    expect(answer).toMatchObject({ status: 200, complete: true, decision: { verdict: 'served' } });
    expect(answer.text.endsWith(right.toString('latin1'))).toBe(true);
  });

  it('BL-03 and nothing of what follows without an end; the registry is left', async () => {
    let left = (): void => undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));
    const answer = await pull((socket) => {
      socket.once('close', left);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${right.length}\r\n\r\n`);
      const more = (): void => {
        if (socket.writable) socket.write(right, () => setImmediate(more));
      };
      more();
    }, '1.1');
    expect(answer).toMatchObject({ status: 200, complete: true });
    expect(answer.text.endsWith(`\r\n\r\n${right.toString('latin1')}`)).toBe(true);
    await gone;
  });

  it('BL-16 under the name of its sha512', async () => {
    const target = `/v2/app/blobs/${digestOf(right, 'sha512')}`;
    expect(await pull(measured(right), '1.1', target)).toMatchObject({ status: 200, complete: true });
    const wrong = await pull(measured(flipped(9)), '1.1', target);
    expect(wrong).toMatchObject({
      complete: false,
      decision: { verdict: 'cut', reason: 'CONTENT_MISMATCH' },
    });
  });
});

describe.each([
  ['', false],
  [', with a cache', true],
])('I4: what is wrong never arrives complete%s', (_where, isCached) => {
  const extended = Buffer.concat([right, Buffer.from('!')]);
  const [mismatch, cutOff, invalid] = ['cut CONTENT_MISMATCH', 'cut CUT_OFF', 'failed HTTP_INVALID'];
  it.each<[string, Write, string]>([
    ['BL-01 first byte flipped', measured(flipped(0)), mismatch],
    ['BL-01 middle byte flipped', measured(flipped(100_000)), mismatch],
    ['BL-01 last byte flipped', measured(flipped(right.length - 1)), mismatch],
    ['BL-01 last byte flipped, chunked', chunked(flipped(right.length - 1)), mismatch],
    ['BL-02 truncated, lying length', measured(right.subarray(0, -1), right.length), cutOff],
    ['BL-02 truncated, honest length', measured(right.subarray(0, -1)), mismatch],
    ['BL-02 truncated, chunked', chunked(right.subarray(0, -1)), mismatch],
    ['BL-02 right content, chunked, end missing', chunked(right, ''), cutOff],
    ['BL-03 extended, honest length', measured(extended), mismatch],
    ['BL-03 extended, chunked', chunked(extended), mismatch],
    ['BL-06 said to be encoded', measured(right, right.length, 'Content-Encoding: gzip\r\n'), invalid],
    ['BL-06 continued in an encoding', continued(`${second}Content-Encoding: gzip\r\n`), 'cut HTTP_INVALID'],
    ['BL-08 a part that nobody asked for', partial(right), 'failed REGISTRY_REFUSED'],
    ['BL-08 another part', continued(second.replace('100000-', '99999-')), 'cut RESUME_REFUSED'],
    ['BL-08 the right part, with other bytes', continued(second, flipped(0).subarray(0, 100_000)), mismatch],
    ['BL-12 two lengths', measured(right, right.length, 'Content-Length: 5\r\n'), invalid],
    ['BL-12 negative length', measured(right, -1), invalid],
    ['BL-12 more than there may be', measured(right, limits.blobBytes + 1), 'cut LIMIT'],
    ['BL-12 more than anybody has', measured(right, 2 ** 60), 'cut LIMIT'],
    ['replaced', measured(Buffer.from('Malicious data')), mismatch],
    ['emptied', measured(Buffer.alloc(0)), mismatch],
    ['reset at once', (socket) => socket.resetAndDestroy(), 'failed CUT_OFF'],
  ])('%s', async (_name, write, expected) => {
    for (const version of ['1.1', '1.0']) {
      const disk = isCached ? await openRig() : undefined;
      const answer = await pull(write, version, undefined, disk?.cache);
      expect(answer.status === 200 && answer.complete).toBe(false);
      const { verdict = '', reason = '', digest: named } = answer.decision ?? {};
      // The old protocol cannot show that a blob of unknown length is incomplete.
      const isRefused = version === '1.0' && reason === 'HTTP_TOO_OLD';
      expect(`${verdict} ${reason}`).toBe(isRefused ? 'refused HTTP_TOO_OLD' : expected);
      expect(named).toBe(digest);
      if (disk === undefined) continue;
      expect(await disk.cache.open(digest)).toBeUndefined();
      await expect.poll(() => leftovers(disk.directory)).toEqual([]);
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
    const answers = {
      '200 OK': '403 CONTENT_MISMATCH',
      '206 Partial Content': '502 REGISTRY_REFUSED',
      '301 Moved Permanently': '502 REGISTRY_REFUSED',
      '400 Bad Request': '403 REGISTRY_REFUSED',
      '403 Forbidden': '403 REGISTRY_DENIED',
      '404 Not Found': '404 MANIFEST_UNKNOWN',
      '429 Too Many Requests': '429 SERVER_ERROR',
      '451 Blocked': '403 REGISTRY_REFUSED',
      '500 Oops': '503 SERVER_ERROR',
      '502 Bad Gateway': '503 SERVER_ERROR',
    };
    for (const [status, expected] of Object.entries(answers)) {
      const write = (socket: Socket): void => {
        const head = `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nX-Evil: 1\r\nContent-Length: ${html.length}\r\n\r\n`;
        socket.end(head + html.toString());
      };
      const answer = await pull(write, '1.1', target);
      expect(`${answer.status} ${answer.decision?.reason}`).toBe(expected);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.text).not.toMatch(/<html>|X-Evil/i);
    }
  });
});
