// Small bodies: bounded in bytes and in time (ED-01, ED-04, ED-05).
import { describe, expect, it } from 'vitest';
import { discard, readBounded } from '../../src/http/body.ts';
import { answer } from './support.ts';
import type { HttpResponse } from '../../src/base/ports.ts';

/** A body that sends one byte after the other until it is cancelled. */
function endless(): HttpResponse & { readonly sent: () => number } {
  let [sent, cancelled] = [0, false];
  const body = {
    ...answer(200).body,
    async deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
      while (!cancelled) {
        sent++;
        await onChunk(new Uint8Array(1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error('cancelled');
    },
    cancel: () => void (cancelled = true),
  };
  return { ...answer(200), body, sent: () => sent };
}

describe('reading a body whole', () => {
  it.each([
    ['without a length', {}],
    ['with one that is just within the bound', { 'content-length': '3' }],
  ])('gives its bytes, %s', async (_name, headers) => {
    const bytes = await readBounded(answer(200, headers, 'abc'), 3, 'x', 'errorBodyBytes');
    expect(Buffer.from(bytes).toString()).toBe('abc');
  });

  it.each([
    ['a body that is one byte too long', answer(200, {}, 'abcd')],
    ['an announcement that is too large', answer(200, { 'content-length': '4' }, '')],
  ])('LIMIT for %s', async (_name, response) => {
    const facts = { what: 'x', limit: 'errorBodyBytes', bound: 3 };
    await expect(readBounded(response, 3, 'x', 'errorBodyBytes')).rejects.toMatchObject({
      code: 'LIMIT',
      facts,
    });
  });

  it('ED-01 an endless body is left after the bound', async () => {
    const response = endless();
    await expect(readBounded(response, 10, 'x', 'errorBodyBytes')).rejects.toMatchObject({ code: 'LIMIT' });
    expect(response.sent()).toBe(11);
  });

  it('ED-05 dripping does not extend the deadline', async () => {
    await expect(readBounded(endless(), 1e9, 'x', 'errorBodyBytes', 20)).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('throwing a body away never fails, however large it is', async () => {
    await expect(discard(answer(200, { 'content-length': '999999999' }))).resolves.toBeUndefined();
    await expect(discard(answer(200, {}, new Uint8Array(1_000_000)))).resolves.toBeUndefined();
  });
});
