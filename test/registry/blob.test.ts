// Blobs: nobody ever receives all of a blob whose hash is wrong, however it is cut into pieces.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import type { ResponseBody } from '../../src/base/ports.ts';
import { hashHere } from '../../src/hashing/index.ts';
import type { Blob } from '../../src/registry/types.ts';
import { heldBytes, verifiedBlob } from '../../src/registry/verified-blob.ts';
import { bytes as raw, reply, serve, serveRaw } from '../support/hostile-server.ts';
import { answer, bodyOf, client, clientOf, scripted } from './support.ts';
import { fc, tries } from '../support/properties.ts';

const verified = (
  body: ResponseBody,
  digest: Digest,
  size: number | undefined,
  most: number = limits.blobBytes,
): Blob => verifiedBlob(body, { digest, size, most, reference: 'blob', beginHash: hashHere });

interface Outcome {
  readonly received: Buffer;
  readonly count?: number;
  readonly code?: string;
}

async function receive(
  pieces: readonly Uint8Array[],
  digest: Digest,
  size: number | undefined,
  slow = false,
): Promise<Outcome> {
  const parts: Uint8Array[] = [];
  const blob = verified(bodyOf(pieces), digest, size);
  const take = (chunk: Uint8Array): void => void parts.push(Uint8Array.from(chunk));
  try {
    const count = await blob.deliver(slow ? (chunk) => Promise.resolve().then(() => take(chunk)) : take);
    return { received: Buffer.concat(parts), count };
  } catch (error) {
    return { received: Buffer.concat(parts), code: (error as { code: string }).code };
  }
}

/** Cuts at the given fractions. */
function cut(content: Uint8Array, fractions: readonly number[]): Uint8Array[] {
  const places = fractions.map((fraction) => Math.floor(fraction * content.length)).sort((a, b) => a - b);
  return [...places, content.length].map((end, i) => content.subarray(places[i - 1] ?? 0, end));
}

function flip(content: Uint8Array, at: number, bit: number): void {
  content[at] = (content[at] ?? 0) ^ (1 << bit);
}

const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: heldBytes - 2, max: 3 * heldBytes }),
);
const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

describe('any way of cutting it into pieces', () => {
  it('gives the same content, with and without an announced size, to fast and slow consumers', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fractions, fc.boolean(), fc.boolean(), async (length, cuts, measured, slow) => {
        const content = pattern(length);
        const outcome = await receive(
          cut(content, cuts),
          digestOf(content),
          measured ? length : undefined,
          slow,
        );
        expect(outcome.count).toBe(length);
        expect(outcome.received.equals(content)).toBe(true);
      }),
      tries(80),
    );
  });

  it('BL-01 BL-02 BL-03 never completes after one changed byte, a truncation or an extension', async () => {
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('flip' as const),
        at: fc.double({ min: 0, max: 0.999, noNaN: true }),
        bit: fc.integer({ min: 0, max: 7 }),
      }),
      fc.record({ kind: fc.constant('truncate' as const), by: fc.integer({ min: 1, max: 70_000 }) }),
      fc.record({ kind: fc.constant('extend' as const), by: fc.integer({ min: 1, max: 70_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(sizes, fractions, fc.boolean(), change, async (base, cuts, measured, how) => {
        const length = base + 1;
        const content = pattern(length);
        let altered = Uint8Array.from(content);
        if (how.kind === 'flip') flip(altered, Math.floor(how.at * length), how.bit);
        if (how.kind === 'truncate') altered = altered.subarray(0, Math.max(0, length - how.by));
        if (how.kind === 'extend') altered = Uint8Array.from([...altered, ...pattern(how.by)]);
        const outcome = await receive(cut(altered, cuts), digestOf(content), measured ? length : undefined);
        expect(outcome.code).toBe('CONTENT_MISMATCH');
        // What comes too much may follow after the right bytes when nobody said how many there are; it has no end then.
        const whole = how.kind === 'extend' && !measured ? altered.length : length;
        expect(outcome.received.length).toBeLessThan(whole);
      }),
      tries(120),
    );
  });
});

it.each([1, 100_000])(
  'BL-02: content of the right digest, %d bytes short of what was announced, never completes',
  async (missing) => {
    const content = pattern(3 * heldBytes);
    const { code, count } = await receive([content], digestOf(content), content.length + missing);
    expect({ code, count }).toEqual({ code: 'CONTENT_MISMATCH', count: undefined });
  },
);

describe('the hold-back rule', () => {
  const content = pattern(5 * heldBytes);

  it.each([
    ['with a size', content.length],
    ['without a size', undefined],
  ])('BL-05 %s, the last 64 KiB come only after the whole was read', async (_name, size) => {
    let last = false;
    let before = 0;
    const pieces = cut(content, [0.2, 0.4, 0.6, 0.8]);
    const body = {
      ...bodyOf([]),
      async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
        for (const piece of pieces) await onChunk(piece);
        last = true;
      },
    };
    const total = await verified(body, digestOf(content), size).deliver((chunk) => {
      if (!last) before += chunk.length;
    });
    expect([total, before]).toEqual([content.length, content.length - heldBytes]);
  });

  it.each([
    ['in one piece', []],
    ['in several pieces', [0.3, 0.6]],
    ['with an empty piece at its end', [1]],
  ])('BL-05 without a size, of wrong content of 64 KiB %s nothing is handed on', async (_name, places) => {
    const short = pattern(heldBytes);
    const { code, received } = await receive(cut(short, places), digestOf(content), undefined);
    expect([code, received.length]).toEqual(['CONTENT_MISMATCH', 0]);
  });

  it('hands on what lies before the end without a copy', async () => {
    const piece = content.subarray(0, heldBytes);
    const seen: Uint8Array[] = [];
    const body = {
      ...bodyOf([]),
      async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
        await onChunk(piece);
        await onChunk(content.subarray(heldBytes));
      },
    };
    await verified(body, digestOf(content), content.length).deliver((chunk) => void seen.push(chunk));
    expect(seen[0]).toBe(piece);
  });

  it('waits for the consumer before it reads on', async () => {
    const events: string[] = [];
    const body = {
      ...bodyOf([]),
      async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
        for (const piece of cut(content, [0.5])) {
          events.push('read');
          await onChunk(piece);
        }
      },
    };
    await verified(body, digestOf(content), undefined).deliver(async () => {
      events.push('begin');
      await Promise.resolve();
      events.push('end');
    });
    expect(events.join(' ')).toMatch(/^read( begin end)+ read( begin end)+$/);
  });

  it("the consumer's error ends the transfer and comes back unchanged", async () => {
    const full = new Error('disk full');
    const blob = verified(bodyOf([content]), digestOf(content), content.length);
    await expect(blob.deliver(() => Promise.reject(full))).rejects.toBe(full);
  });

  it('BL-11 the empty blob', async () => {
    expect(await receive([], digestOf(new Uint8Array()), 0)).toMatchObject({ count: 0 });
    expect(await receive([], digestOf(utf8('x')), 0)).toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  it('BL-16 sha512', async () => {
    expect(await receive([content], digestOf(content, 'sha512'), undefined)).toMatchObject({
      count: content.length,
    });
    expect(await receive([content], digestOf(utf8('x'), 'sha512'), undefined)).toMatchObject({
      code: 'CONTENT_MISMATCH',
    });
  });

  /** The same piece without an end, and how often it was taken. */
  function endless() {
    let taken = 0;
    const body = {
      ...bodyOf([]),
      async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
        // Who takes so many is not going to stop.
        while (taken < 100) {
          taken++;
          await onChunk(content);
        }
      },
    };
    return { body, taken: () => taken };
  }

  it('BL-03 an answer that goes on after its size is given up at once', async () => {
    const { body, taken } = endless();
    const blob = verified(body, digestOf(content), content.length);
    await expect(blob.deliver(() => undefined)).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
      facts: { property: 'size' },
    });
    expect(taken()).toBe(2);
  });

  it('BL-03 BL-12 one without a size and without an end is given up at the bound', async () => {
    const { body, taken } = endless();
    const blob = verified(body, digestOf(content), undefined, 3 * content.length);
    await expect(blob.deliver(() => undefined)).rejects.toMatchObject({
      code: 'LIMIT',
      facts: { limit: 'blobBytes', bound: 3 * content.length },
    });
    expect(taken()).toBe(4);
  });

  it('BL-12 one without a size that ends at the bound is not', async () => {
    const blob = verified(bodyOf([content]), digestOf(content), undefined, content.length);
    expect(await blob.deliver(() => undefined)).toBe(content.length);
  });
});

describe('from a registry', () => {
  const content = pattern(200_000);
  const digest = digestOf(content);

  it.each([
    ['with its length', { 'content-length': String(content.length) }, content.length],
    ['BL-04 chunked', {}, undefined],
  ])('%s', async (_name, headers, size) => {
    const server = await serve((response, { path }) => {
      if (path === '/v2/') reply(200, {})(response, server.heard[0] as never);
      else {
        response.writeHead(200, headers);
        response.write(content.subarray(0, 1000));
        response.end(content.subarray(1000));
      }
    });
    const registry = client(server.host);
    const blob = await registry.blob('a/b', digest);
    const parts: Uint8Array[] = [];
    expect(blob.size).toBe(size);
    expect(await blob.deliver((chunk) => void parts.push(Uint8Array.from(chunk)))).toBe(content.length);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    await registry.close();
    await server.close();
  });

  const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
  const small = utf8('right content');
  it.each([
    ['BL-02 shorter than announced', `${head(small.length)}right`, 'CUT_OFF'],
    ['BL-02 short, and honestly announced so', `${head(5)}right`, 'CONTENT_MISMATCH'],
    [
      'BL-03 longer, and honestly announced so',
      `${head(small.length + 1)}right content!`,
      'CONTENT_MISMATCH',
    ],
    ['BL-01 another byte', `${head(small.length)}wrong content`, 'CONTENT_MISMATCH'],
  ])('%s: nothing is handed on', async (_name, bytes, code) => {
    const server = await serveRaw((socket, request) => {
      raw(request.startsWith('GET /v2/ ') ? head(0) : bytes, 'end')(socket, request);
    });
    const registry = client(server.host);
    const blob = await registry.blob('a/b', digestOf(small));
    let received = 0;
    await expect(blob.deliver((chunk) => void (received += chunk.length))).rejects.toMatchObject({ code });
    expect(received).toBe(0);
    await registry.close();
    await server.close();
  });

  it.each([String(limits.blobBytes + 1), '9223372036854775808'])(
    'BL-12 %s bytes are refused by their announcement, to GET and to HEAD',
    async (length) => {
      const registry = clientOf(scripted(() => answer(200, { 'content-length': length })));
      const exceeded = { code: 'LIMIT', facts: { limit: 'blobBytes' } };
      await expect(registry.blob('a/b', digest)).rejects.toMatchObject(exceeded);
      await expect(registry.blobSize('a/b', digest)).rejects.toMatchObject(exceeded);
    },
  );

  it('BL-12 as many bytes as the bound are not', async () => {
    const transport = scripted(() => answer(200, { 'content-length': String(limits.blobBytes) }));
    expect((await clientOf(transport).blob('a/b', digest)).size).toBe(limits.blobBytes);
  });

  it.each([
    ['404', 404, 'BLOB_UNKNOWN'],
    ['BL-08 206 that nobody asked for', 206, 'REGISTRY_REFUSED'],
    ['416', 416, 'REGISTRY_REFUSED'],
    ['500', 500, 'SERVER_ERROR'],
  ])('%s', async (_name, status, code) => {
    const registry = clientOf(scripted(() => answer(status)));
    await expect(registry.blob('a/b', digest)).rejects.toMatchObject({ code });
    await expect(registry.blobSize('a/b', digest)).rejects.toMatchObject({ code });
  });

  it.each([
    [{ 'content-length': '42' }, 42],
    [{}, undefined],
    [{ 'content-length': '-1' }, undefined],
  ])('its size by HEAD: %j', async (headers: Record<string, string>, size) => {
    const transport = scripted((request) => answer(200, request.method === 'HEAD' ? headers : {}));
    expect(await clientOf(transport).blobSize('a/b', digest)).toBe(size);
    expect(transport.asked.map(({ method }) => method)).toEqual(['HEAD']);
  });
});
