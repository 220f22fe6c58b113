// Patience: what passes by itself is tried again, few times and after waiting; a refusal is final at once.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import { backOff, systemPause } from '../../src/http/pause.ts';
import { retrying } from '../../src/http/retry.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/base/ports.ts';
import { answer, get, scripted } from './support.ts';

const at = Date.parse('2026-01-01T00:00:00Z');
const origin = 'https://registry.test';

function failing(code: string): Error {
  return Object.assign(new Error(code), { code });
}
const refusedConnection = new DctError('UNREACHABLE', { origin, problem: '' }, failing('ECONNREFUSED'));
const reset = new DctError('CUT_OFF', { origin, problem: '' }, failing('ECONNRESET'));

/** Answers in order, the last one for ever. */
function inOrder(...outcomes: readonly (HttpResponse | Error)[]) {
  let count = 0;
  return scripted(() => {
    const outcome = outcomes[Math.min(count++, outcomes.length - 1)] as HttpResponse | Error;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
}

/** With a record of the waits instead of waiting. */
function patient(transport: Transport): Transport & { readonly waits: number[] } {
  const waits: number[] = [];
  const pause = (milliseconds: number): Promise<void> => Promise.resolve(void waits.push(milliseconds));
  return Object.assign(retrying(transport, { clock: { now: () => at }, pause }), { waits });
}
const request = get(`${origin}/v2/`);

describe('what passes by itself', () => {
  it.each([
    ['a refused connection', refusedConnection],
    ['a connection that is reset before the answer', reset],
    ['429', answer(429)],
    ['502', answer(502)],
    ['503', answer(503)],
    ['504', answer(504)],
  ])('%s is tried again', async (_name, first) => {
    const transport = inOrder(first, answer(200));
    const send = patient(transport);
    expect([(await send(request)).status, transport.asked.length, send.waits.length]).toEqual([200, 2, 1]);
  });

  it('a few times, waiting longer each time; then the last answer counts', async () => {
    const transport = inOrder(reset, answer(503), reset, answer(502), answer(200));
    const send = patient(transport);
    expect((await send(request)).status).toBe(502);
    expect(transport.asked.length).toBe(limits.requestAttempts);
    const wholes = [100, 200, 400];
    expect(send.waits.every((wait, i) => wait >= (wholes[i] ?? 0) / 2 && wait <= (wholes[i] ?? 0))).toBe(
      true,
    );
    await expect(patient(inOrder(reset))(request)).rejects.toBe(reset);
  });
});

describe('MF-17 Retry-After', () => {
  it.each([
    ['in seconds', '3', 3000],
    ['as a date', 'Thu, 01 Jan 2026 00:00:02 GMT', 2000],
    ['that nobody can read counts as none', 'soon', 100],
    ['that is over is not below our own patience', '0', 100],
  ])('%s', async (_name, field, bound) => {
    const send = patient(inOrder(answer(429, { 'retry-after': field }), answer(200)));
    expect((await send(request)).status).toBe(200);
    expect(send.waits[0]).toBeLessThanOrEqual(bound);
    expect(send.waits[0]).toBeGreaterThanOrEqual(bound === 100 ? 50 : bound);
  });

  it('beyond our bound is the answer', async () => {
    const transport = inOrder(answer(429, { 'retry-after': '3600' }));
    const send = patient(transport);
    expect([(await send(request)).status, transport.asked.length, send.waits]).toEqual([429, 1, []]);
  });
});

describe('what is final', () => {
  const final = [200, 206, 301, 307, 400, 401, 403, 404, 416, 500, 501];
  it.each(final.map((status) => [String(status), answer(status)] as const))(
    'the answer %s',
    async (_name, response) => {
      const transport = inOrder(response, answer(200));
      expect(await patient(transport)(request)).toBe(response);
      expect(transport.asked.length).toBe(1);
    },
  );

  it.each([
    ['TIMEOUT', new DctError('TIMEOUT', { origin, phase: '', seconds: 5 })],
    ['TLS', new DctError('TLS', { origin, problem: '' }, failing('CERT_HAS_EXPIRED'))],
    ['TLS, whatever the system says', new DctError('TLS', { origin, problem: '' }, failing('ECONNRESET'))],
    ['HTTP_INVALID', new DctError('HTTP_INVALID', { origin, problem: '' })],
    [
      'CONTENT_MISMATCH',
      new DctError('CONTENT_MISMATCH', { what: '', property: '', expected: '', actual: '' }),
    ],
    ['AU-09 an address out of reach', new DctError('UNREACHABLE', { origin, problem: '' })],
    ['no such host', new DctError('UNREACHABLE', { origin, problem: '' }, failing('ENOTFOUND'))],
    ['a defect', new TypeError('defect')],
  ])('%s', async (_name, error) => {
    const transport = inOrder(error, answer(200));
    await expect(patient(transport)(request)).rejects.toBe(error);
    expect(transport.asked.length).toBe(1);
  });

  it('whatever happens to a request that writes', async () => {
    const transport = inOrder(answer(503));
    const post: HttpRequest = { ...request, method: 'POST' };
    expect((await patient(transport)(post)).status).toBe(503);
    expect(transport.asked.length).toBe(1);
  });
});

describe('waiting', () => {
  it('is between half and whole of what doubles each time, within a bound', () => {
    expect([backOff(1, 0), backOff(1, 1), backOff(3, 0), backOff(30, 1)]).toEqual([
      limits.firstPauseMs / 2,
      limits.firstPauseMs,
      2 * limits.firstPauseMs,
      limits.longestPauseMs,
    ]);
  });

  it('ends with the request that waits', async () => {
    const given = new AbortController();
    const waited = systemPause(limits.clientIdleMs, given.signal);
    given.abort();
    await expect(waited).resolves.toBeUndefined();
  });
});
