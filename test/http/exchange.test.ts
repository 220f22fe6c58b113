// One exchange on a connection that does what the test says: the moments that a real one only meets by chance.
import type { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DctError, isDctError } from '../../src/base/errors.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { exchange } from '../../src/http/exchange.ts';
import { get } from './support.ts';

const deadlines = { connectMs: 1000, headMs: 2000, idleMs: 3000 };

/** A connection, with a record of what it was told. */
function connection(signal?: AbortSignal) {
  const told: string[] = [];
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    abort: ({ message }: Error) => void told.push(`abort: ${message}`),
    pause: () => void told.push('pause'),
    resume: () => void told.push('resume'),
  };
  let handler: Dispatcher.DispatchHandler = {};
  const dispatcher = {
    dispatch: (_options: unknown, given: Dispatcher.DispatchHandler) => {
      handler = given;
      return true;
    },
  } as unknown as Dispatcher;
  const request = { ...get('https://registry.test/v2/'), ...(signal && { signal }) };
  const answer = exchange({ dispatcher, reusesBuffer: false }, request, deadlines);
  answer.catch(() => undefined);
  return {
    told,
    answer,
    start: () => handler.onRequestStart?.(controller, {}),
    head: (): Promise<HttpResponse> => {
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, 200, {});
      return answer;
    },
    data: (text: string) => handler.onResponseData?.(controller, Buffer.from(text)),
    end: () => handler.onResponseEnd?.(controller, {}),
  };
}

interface Ends {
  readonly end: () => void;
  readonly cancel: () => void;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  // A timer that stays keeps the process from ending.
  const left = vi.getTimerCount();
  vi.useRealTimers();
  expect(left).toBe(0);
});

describe('a connection that is made after all', () => {
  it('carries no request of somebody who has left', async () => {
    const given = new AbortController();
    const late = connection(given.signal);
    given.abort();
    await expect(late.answer).rejects.toMatchObject({ code: 'CUT_OFF' });
    late.start();
    expect(late.told).toEqual([expect.stringMatching(/^abort: /)]);
  });

  it('ED-07 carries none after its deadline', async () => {
    const late = connection();
    vi.advanceTimersByTime(deadlines.connectMs);
    await expect(late.answer).rejects.toMatchObject({ code: 'TIMEOUT', facts: { phase: 'connecting' } });
    late.start();
    expect(late.told).toEqual([expect.stringMatching(/^abort: /)]);
  });
});

describe('a body', () => {
  it('is read once', async () => {
    const { head, end } = connection();
    const { body } = await head();
    end();
    await body.deliver(() => undefined);
    await expect(body.deliver(() => undefined)).rejects.toMatchObject({ code: 'BUG' });
  });

  it('that came whole stays so when it is given up', async () => {
    const { head, end, told } = connection();
    const { body } = await head();
    end();
    body.cancel();
    await body.deliver(() => undefined);
    expect(told).toEqual(['pause']);
  });

  it('tells why it ended first, and ends once', async () => {
    const given = new AbortController();
    const { head, told } = connection(given.signal);
    const { body } = await head();
    given.abort(new DctError('TIMEOUT', { origin: 'x', phase: 'y', seconds: 1 }));
    body.cancel();
    await expect(body.deliver(() => undefined)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(told).toEqual(['pause', expect.stringMatching(/^abort: /)]);
  });

  it.each([
    ['is given up', ({ cancel }: Ends) => cancel(), 'CUT_OFF'],
    ['ends', ({ end }: Ends) => end(), undefined],
  ])('that %s while its consumer is busy is not waited for any more', async (_name, finish, code) => {
    const { head, data, end, told } = connection();
    const { body } = await head();
    let release = (): void => undefined;
    const busy = new Promise<void>((resolve) => (release = resolve));
    const outcome = body
      .deliver(() => busy)
      .then(
        () => undefined,
        (error: unknown) => (isDctError(error) ? error.code : error),
      );
    data('abc');
    finish({ end, cancel: () => body.cancel() });
    expect(await outcome).toBe(code);
    told.length = 0;
    release();
    await busy;
    expect(told).toEqual([]);
  });
});
