// Blobs: whole and right, or visibly broken.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { errorOf, startRig, type Rig } from './fakes.ts';
import { getRaw, openPaused, sendRaw } from './raw.ts';
import { content, digestOfAll, ScriptedBlob, type BlobScript } from './scripted-blob.ts';
import { fc, tries } from '../support/properties.ts';

const pieces = content(8);
const whole = Buffer.concat(pieces);
const digest = digestOfAll(pieces);
const target = `/v2/app/blobs/${digest}`;

/** A rig whose registry has this blob. */
async function rigWith(script: Partial<BlobScript>): Promise<Rig & { blob: ScriptedBlob }> {
  const rig = await startRig();
  const blob = new ScriptedBlob({ digest, size: whole.length, pieces, ...script });
  rig.registry.blobs.set(blob.digest, () => blob);
  return { ...rig, blob };
}

function flip(list: readonly Buffer[], at: number): Buffer[] {
  const copy = Buffer.concat(list);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return [copy.subarray(0, copy.length / 2), copy.subarray(copy.length / 2)];
}

describe('a right blob', () => {
  it.each<[string, number | undefined]>([
    ['of known length', whole.length],
    ['of unknown length', undefined],
  ])('arrives byte for byte (%s)', async (_name, size) => {
    const { url, decisions, registry } = await rigWith({ size });
    const response = await fetch(`${url}${target}`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
    expect(response.headers.get('content-length')).toBe(size === undefined ? null : String(size));
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(registry.requests).toEqual([`blob app ${digest}`]);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'served', digest, bytes: whole.length, status: 200 }]);
  });

  it('keeps the connection for the next request', async () => {
    const rig = await rigWith({});
    const request = `GET ${target} HTTP/1.1\r\nHost: proxy\r\n`;
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: whole.length, pieces }));
    const answer = await sendRaw(rig.port, `${request}\r\n${request}Connection: close\r\n\r\n`);
    expect(answer.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(answer.text.endsWith(whole.toString('latin1'))).toBe(true);
  });

  it('BL-11: may be empty', async () => {
    for (const size of [0, undefined]) {
      const empty = digestOf(new Uint8Array());
      const { port } = await rigWith({ digest: empty, size, pieces: [] });
      const answer = await getRaw(port, `/v2/app/blobs/${empty}`);
      expect(answer).toMatchObject({ status: 200, complete: true });
    }
  });

  it('BL-16: may be named by sha512', async () => {
    const long = digestOfAll(pieces, 'sha512');
    const { url } = await rigWith({ digest: long });
    const response = await fetch(`${url}/v2/app/blobs/${long}`);
    expect((await response.arrayBuffer()).byteLength).toBe(whole.length);
  });
});

describe('BL-05, I4: a raw client never sees a complete response to a wrong blob', () => {
  const broken = new DctError('CUT_OFF', { origin: 'https://registry.test', problem: 'reset' });
  const late = new DctError('TIMEOUT', { origin: 'https://registry.test', phase: 'body', seconds: 30 });
  const cases: [string, Partial<BlobScript>][] = [
    ['BL-01 first byte flipped', { pieces: flip(pieces, 0) }],
    ['BL-01 middle byte flipped', { pieces: flip(pieces, whole.length / 2) }],
    ['BL-01 last byte flipped', { pieces: flip(pieces, whole.length - 1) }],
    ['BL-01 flipped in a blob of one piece', { pieces: [Buffer.concat(flip(pieces, 9))] }],
    ['BL-02 truncated by a byte', { pieces: [...pieces.slice(0, -1), Buffer.alloc(1023)] }],
    ['BL-02 truncated, and the length says so', { pieces: pieces.slice(0, -1), size: whole.length - 1024 }],
    ['BL-03 extended by a byte', { pieces: [...pieces, Buffer.from('!')] }],
    [
      'BL-03 extended, and the length says so',
      { pieces: [...pieces, Buffer.from('!')], size: whole.length + 1 },
    ],
    ['replaced', { pieces: [Buffer.from('Malicious data')], size: 14 }],
    ['emptied', { pieces: [], size: 0 }],
    ['right content, lying length', { size: whole.length + 1 }],
    ['BL-07 reset on the way', { pieces: [...pieces.slice(0, 7), broken] }],
    ['BL-07 stalled on the way', { pieces: [...pieces.slice(0, 7), late] }],
  ];
  const framings: [string, string, boolean][] = [
    ['with a length', '1.1', true],
    ['chunked', '1.1', false],
    ['HTTP/1.0', '1.0', true],
  ];
  for (const [framing, version, withLength] of framings)
    it.each(withLength ? cases : cases.filter(([, script]) => script.pieces !== undefined))(
      `%s, ${framing}`,
      async (_name, script) => {
        const { port, decisions, blob, proxy } = await rigWith(
          withLength ? script : { ...script, size: undefined },
        );
        const answer = await getRaw(port, target, version);
        expect(answer.complete).toBe(false);
        await expect.poll(() => decisions).toMatchObject([{ client: '127.0.0.1', verdict: 'cut', digest }]);
        await expect.poll(() => Object.values(proxy.counts())).toEqual([1]);
        expect(blob.cancellations).toBeGreaterThan(0);
      },
    );

  it('ends with a reset, and is logged and counted with its digest', async () => {
    // The client has read what came before the reset arrives: a reset that overtakes data looks like an end to libuv.
    let received = (): void => undefined;
    const firstPiece = new Promise<void>((resolve) => (received = resolve));
    const before = (index: number): Promise<void> | undefined => (index === 7 ? firstPiece : undefined);
    const wrong = [...pieces.slice(0, 7), Buffer.alloc(1025)];
    const { port, lines, proxy } = await rigWith({ pieces: wrong, before });
    const socket = await openPaused(port, `GET ${target} HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    let length = 0;
    socket.on('data', (chunk) => {
      length += chunk.length;
      if (length > 6 * 1024) received();
    });
    const [error] = (await once(socket.resume(), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    await expect.poll(() => proxy.counts()).toEqual({ 'cut CONTENT_MISMATCH': 1 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ verdict: 'cut', reason: 'CONTENT_MISMATCH', digest });
  });

  it('BL-04: an HTTP/1.0 client gets no blob of unknown length', async () => {
    const { port, blob } = await rigWith({ size: undefined });
    const answer = await getRaw(port, target, '1.0');
    expect(answer.status).toBe(426);
    expect(answer.text).toContain('HTTP_TOO_OLD');
    expect(blob.cancellations).toBe(1);
  });

  it.each(['0.9', '2.0'])('BL-04: nor does one that calls itself HTTP/%s', async (version) => {
    const { port } = await rigWith({ size: undefined });
    expect((await getRaw(port, target, version)).status).toBe(426);
  });

  it('other transfers on other connections go on', async () => {
    const rig = await rigWith({});
    const wrong = digestOfAll([Buffer.from('wrong')]);
    rig.registry.blobs.set(wrong, () => new ScriptedBlob({ digest: wrong, size: whole.length, pieces }));
    const [good, bad] = await Promise.all([
      getRaw(rig.port, target),
      getRaw(rig.port, `/v2/app/blobs/${wrong}`),
    ]);
    expect([good.complete, bad.complete]).toEqual([true, false]);
  });

  it('holds for any content, any cut and any change (property)', async () => {
    const rig = await startRig();
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    const change = fc.record({
      announced: fc.boolean(),
      at: fc.nat(),
      kind: fc.constantFrom('flip', 'drop', 'add'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes, { minLength: 1, maxLength: 5 }),
        change,
        async (parts, { announced, at, kind }) => {
          const right = Buffer.concat(parts);
          const sent = parts.map((part) => Buffer.from(part));
          const victim = sent[at % sent.length] ?? Buffer.alloc(0);
          if (kind === 'flip') victim[at % victim.length] = (victim[at % victim.length] ?? 0) ^ 0x80;
          else if (kind === 'drop') sent[sent.indexOf(victim)] = victim.subarray(1);
          else sent.push(Buffer.from([at % 256]));
          const name = digestOf(right);
          const size = announced ? right.length : undefined;
          rig.registry.blobs.set(name, () => new ScriptedBlob({ digest: name, size, pieces: sent }));
          expect((await getRaw(rig.port, `/v2/app/blobs/${name}`)).complete).toBe(false);
        },
      ),
      tries(60),
    );
  });
});

describe('before the first byte', () => {
  it.each<[string, DctError, number, string]>([
    ['no such blob', new DctError('BLOB_UNKNOWN', { reference: 'x' }), 404, 'BLOB_UNKNOWN'],
    ['nobody answers', new DctError('UNREACHABLE', { origin: 'o', problem: 'p' }), 503, 'UNAVAILABLE'],
  ])('%s is an error of the API', async (_name, error, status, code) => {
    const { url, registry } = await rigWith({});
    registry.blobs.set(digest, () => {
      throw error;
    });
    const response = await fetch(`${url}${target}`);
    expect([response.status, (await errorOf(response)).code]).toEqual([status, code]);
  });

  it('a stream that breaks at once can be asked for again', async () => {
    const error = new DctError('CUT_OFF', { origin: 'https://registry.test', problem: 'reset' });
    const { url } = await rigWith({ pieces: [error] });
    expect((await fetch(`${url}${target}`)).status).toBe(503);
  });
});

describe('BL-09: Range is never answered with a slice', () => {
  it.each([
    'bytes=0-0',
    'bytes=5-',
    'bytes=-5',
    'bytes=0-1,3-4',
    'bytes=999999-',
    'bytes=0-',
    'bytes=-0',
    'lines=1-2',
    'x',
  ])('%s', async (range) => {
    const { url } = await rigWith({});
    const response = await fetch(`${url}${target}`, { headers: { range, 'if-range': `"${digest}"` } });
    expect(response.status).toBe(200);
    expect(response.headers.get('accept-ranges')).toBe('none');
    expect((await response.arrayBuffer()).byteLength).toBe(whole.length);
  });
});

describe('BL-10: HEAD announces, and fetches nothing', () => {
  it.each<[string, number | undefined]>([
    ['a size', 12345],
    ['no size', undefined],
  ])('%s', async (_name, size) => {
    const { port, registry } = await startRig();
    registry.sizes.set(digest, size);
    const answer = await getRaw(port, target, '1.1', 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(size === undefined ? undefined : String(size));
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(answer.text.endsWith('\r\n\r\n')).toBe(true);
    expect(registry.requests).toEqual([`blob-size app ${digest}`]);
  });

  it('404 has no body', async () => {
    const { port } = await startRig();
    const answer = await getRaw(port, target, '1.1', 'HEAD');
    expect(answer.status).toBe(404);
    expect(answer.text.endsWith('\r\n\r\n')).toBe(true);
  });
});

describe('clients that are slow or leave', () => {
  /** More than any socket buffer holds. */
  const endless = Array.from({ length: 512 }, () => Buffer.alloc(64 * 1024, 'x'));
  const endlessDigest = digestOfAll(endless);
  const request = `GET /v2/app/blobs/${endlessDigest} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n`;

  /** A rig whose blob tells how many pieces were taken from it; `stuck` resolves once a turn passes without one. */
  async function slowRig(): Promise<
    Rig & { blob: ScriptedBlob; taken: () => number; stuck: () => Promise<void> }
  > {
    let taken = 0;
    const before = (): Promise<void> => {
      taken++;
      return new Promise((resolve) => setImmediate(resolve));
    };
    const size = endless.length * 64 * 1024;
    const rig = await rigWith({ digest: endlessDigest, size, pieces: endless, before });
    const stuck = async (): Promise<void> => {
      // The kernel takes a while to fill its buffers: as long as it moves, so does the count.
      for (let last = -1, same = 0; same < 50; same = taken > 0 && taken === last ? same + 1 : 0) {
        last = taken;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { ...rig, taken: () => taken, stuck };
  }

  it('PX-08: a client that does not read holds one piece, not the blob', async () => {
    const { port, taken, stuck, decisions } = await slowRig();
    const socket = await openPaused(port, request);
    await stuck();
    // What the kernel's buffers hold, and one piece of ours.
    expect(taken()).toBeLessThan(endless.length / 2);
    let received = 0;
    let spoilt = false;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      // A piece that was given back before the kernel had it has been overwritten.
      spoilt ||= chunk.includes(0);
    });
    socket.resume();
    await once(socket, 'close');
    expect(received).toBeGreaterThan(endless.length * 64 * 1024);
    expect(spoilt).toBe(false);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'served', bytes: endless.length * 64 * 1024 }]);
  });

  it('PX-09: a client that leaves ends the transfer from upstream', async () => {
    const { port, stuck, blob, decisions, taken } = await slowRig();
    const socket = await openPaused(port, request);
    await stuck();
    socket.resetAndDestroy();
    await expect.poll(() => decisions.length).toBe(1);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left', digest: endlessDigest }]);
    expect(blob.cancellations).toBeGreaterThan(0);
    expect(taken()).toBeLessThan(endless.length / 2);
  });

  it('PX-09: also while the registry is silent', async () => {
    const { port, blob, decisions } = await rigWith({ before: () => new Promise(() => undefined) });
    const socket = await openPaused(port, `GET ${target} HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    socket.destroy();
    await expect.poll(() => decisions.length).toBe(1);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left' }]);
    expect(blob.cancellations).toBeGreaterThan(0);
  });
});
