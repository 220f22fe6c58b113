// Clients that are slow on purpose: with their head, with their body, and with taking what they asked for.
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveBounds } from '../../../src/proxy/serve/bounds.ts';
import { conclude } from '../../../src/proxy/serve/conclude.ts';
import { Exchange } from '../../../src/proxy/serve/exchange.ts';
import { Pace } from '../../../src/proxy/serve/pace.ts';
import { startRig } from '../fakes.ts';
import { getRaw, openPaused, sendRaw } from '../raw.ts';
import { content, digestOfAll, ScriptedBlob } from '../scripted-blob.ts';

const head = 'GET /v2/ HTTP/1.1\r\nHost: proxy\r\n';

describe('PX-07: a request that does not come in time', () => {
  it('ends with 408 while its head is missing, and is told', async () => {
    const { port, decisions } = await startRig({ bounds: { headMs: 100, requestMs: 200 } });
    const answer = await sendRaw(port, head);
    expect([answer.status, answer.headers.get('connection')]).toEqual([408, 'close']);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'refused', reason: 'REQUEST_MALFORMED', status: 408 }]);
  });

  it('is not waited for when only its body is missing: the answer is there, and the connection ends', async () => {
    const { port } = await startRig({ bounds: { headMs: 100, requestMs: 200 } });
    const answer = await sendRaw(port, `${head}Content-Length: 10\r\n\r\nabc`);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  });
});

describe('PX-08: while an answer waits for its client', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const bounds = { paceBytes: 1000, graceMs: 500 };

  it('the client has a grace, and then a time for every byte that it takes', () => {
    const tooSlow = vi.fn();
    new Pace(bounds, tooSlow).begin(2000);
    vi.advanceTimersByTime(2499);
    expect(tooSlow).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(tooSlow).toHaveBeenCalledOnce();
  });

  it('one byte a second is too little, however often it comes', () => {
    const tooSlow = vi.fn();
    const pace = new Pace(bounds, tooSlow);
    for (let i = 0; i < 2; i++) {
      pace.begin(1);
      vi.advanceTimersByTime(1000);
      pace.end();
    }
    expect(tooSlow).toHaveBeenCalled();
  });

  it('only waiting counts: what the upstream needs, and what was taken at once, is not held against the client', () => {
    const tooSlow = vi.fn();
    const pace = new Pace(bounds, tooSlow);
    pace.passed(10_000);
    vi.advanceTimersByTime(60_000);
    pace.begin(1);
    vi.advanceTimersByTime(10_000);
    pace.end();
    vi.advanceTimersByTime(60_000);
    expect(tooSlow).not.toHaveBeenCalled();
  });
});

describe('PX-07: a client that says nothing because it waits for us', () => {
  it.each([
    ['before anything can be sent', 0],
    ['in the middle of a blob', 2],
  ])('is not taken for one that is gone, %s', async (_when, held) => {
    const { port, registry, decisions } = await startRig({ bounds: { idleMs: 300 } });
    const pieces = content(4);
    const digest = digestOfAll(pieces);
    const silent = async (): Promise<unknown> => once(connect(port, '127.0.0.1').resume(), 'close');
    // Two that say nothing at all come and go one after the other meanwhile.
    const before = async (index: number): Promise<void> => {
      if (index === held) for (let n = 0; n < 2; n++) await silent();
    };
    registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: 4096, pieces, before }));
    const answer = await getRaw(port, `/v2/app/blobs/${digest}`);
    expect([answer.status, answer.complete]).toEqual([200, true]);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'served' }]);
  });
});

describe('PX-08: an answer that is not taken', () => {
  const MiB = 1024 * 1024;
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(MiB, 7));
  // Made before any proxy, which is not to blame for it (I7).
  const whole = Buffer.concat(pieces);

  it('of a blob ends with a reset, holds little in memory, and is not called served', async () => {
    const { port, registry, decisions } = await startRig({ bounds: { paceBytes: 2 ** 30, graceMs: 20 } });
    const digest = digestOfAll(pieces);
    let pulled = 0;
    const before = (index: number): void => void (pulled = index);
    const size = pieces.length * MiB;
    registry.blobs.set(digest, () => new ScriptedBlob({ digest, size, pieces, before }));
    const client = await openPaused(port, `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'cut', reason: 'CLIENT_TOO_SLOW' }]);
    // The system takes some for the client; the rest was never asked of the registry.
    expect(pulled).toBeLessThan(pieces.length / 2);
    client.destroy();
  });

  it('of a manifest ends with a reset, and is not called served', async () => {
    const { port, registry, decisions } = await startRig({ bounds: { paceBytes: 2 ** 30, graceMs: 20 } });
    const digest = registry.store(whole);
    const request = `GET /v2/app/manifests/${digest} HTTP/1.1\r\nHost: proxy\r\n\r\n`;
    const client = await openPaused(port, request);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'cut', reason: 'CLIENT_TOO_SLOW' }]);
    client.destroy();
  });

  it('of a blob ends when nothing of it is taken for too long, however many bytes had been taken before', async () => {
    const { port, registry, decisions } = await startRig({ bounds: { graceMs: 2 ** 30, idleMs: 300 } });
    const digest = digestOfAll(pieces);
    registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: pieces.length * MiB, pieces }));
    const client = await openPaused(port, `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left' }]);
    client.destroy();
  });

  it('of a manifest is not called served when the client goes away', async () => {
    const { port, registry, decisions } = await startRig();
    const digest = registry.store(whole);
    const request = `GET /v2/app/manifests/${digest} HTTP/1.1\r\nHost: proxy\r\n\r\n`;
    const client = await openPaused(port, request);
    await expect.poll(() => registry.requests.length).toBe(1);
    client.destroy();
    await expect.poll(() => decisions).toMatchObject([{ verdict: 'left' }]);
  });

  it('is cut, so that what came cannot pass for complete, and the reason is told', async () => {
    const socket = Object.assign(new EventEmitter(), {
      destroyed: false,
      setTimeout: () => undefined,
      cork: () => undefined,
      uncork: () => undefined,
      resetAndDestroy: vi.fn(),
    });
    const request = { socket, headers: {}, method: 'GET' } as unknown as IncomingMessage;
    const response = {
      socket,
      once: () => undefined,
      setHeader: () => undefined,
      write: () => false,
      writableLength: 1,
    };
    vi.useFakeTimers();
    const exchange = new Exchange(request, response as unknown as ServerResponse, {
      ...serveBounds,
      graceMs: 500,
    });
    void exchange.write(new Uint8Array(1));
    vi.advanceTimersByTime(501);
    vi.useRealTimers();
    expect(socket.resetAndDestroy).toHaveBeenCalledOnce();
    expect(await conclude(exchange, new Error('gone'), { route: 'blob' })).toMatchObject({
      verdict: 'cut',
      reason: 'CLIENT_TOO_SLOW',
    });
  });
});
