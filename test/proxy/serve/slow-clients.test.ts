// Clients that are slow on purpose: with their head, with their body, and with taking what they asked for.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveBounds } from '../../../src/proxy/serve/bounds.ts';
import { conclude } from '../../../src/proxy/serve/conclude.ts';
import { Exchange } from '../../../src/proxy/serve/exchange.ts';
import { Pace } from '../../../src/proxy/serve/pace.ts';
import { startRig } from '../fakes.ts';
import { sendRaw } from '../raw.ts';

const head = 'GET /v2/ HTTP/1.1\r\nHost: proxy\r\n';

describe('PX-07: a request that does not come in time', () => {
  it('ends with 408 while its head is missing, and is told', async () => {
    const { port, decisions } = await startRig({ bounds: { headMs: 100, requestMs: 200 } });
    const answer = await sendRaw(port, head);
    expect([answer.status, answer.headers.get('connection')]).toEqual([408, 'close']);
    expect(decisions).toMatchObject([{ verdict: 'refused', reason: 'REQUEST_MALFORMED', status: 408 }]);
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

describe('PX-08: an answer that is not taken', () => {
  it('is cut, so that what came cannot pass for complete, and the reason is told', () => {
    const socket = Object.assign(new EventEmitter(), {
      destroyed: false,
      cork: () => undefined,
      uncork: () => undefined,
      resetAndDestroy: vi.fn(),
    });
    const request = { socket, headers: {}, method: 'GET' } as unknown as IncomingMessage;
    const response = { socket, setHeader: () => undefined, write: () => false, writableLength: 1 };
    vi.useFakeTimers();
    const exchange = new Exchange(request, response as unknown as ServerResponse, {
      ...serveBounds,
      graceMs: 500,
    });
    void exchange.write(new Uint8Array(1));
    vi.advanceTimersByTime(501);
    vi.useRealTimers();
    expect(socket.resetAndDestroy).toHaveBeenCalledOnce();
    expect(conclude(exchange, new Error('gone'), { route: 'blob' })).toMatchObject({
      verdict: 'cut',
      reason: 'CLIENT_TOO_SLOW',
    });
  });
});
