// Blobs over connections that break: continued where they broke, checked as a whole, and never without an end.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { answer, clientOf, scripted } from './support.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const digest = digestOf(content);
const origin = 'https://registry.test';
const cutOff = new DctError('CUT_OFF', { origin, problem: 'reset' });

/** The same answer, with a connection that fails in place of its end. */
function breaking(response: HttpResponse, error: Error = cutOff): HttpResponse {
  const { body } = response;
  return {
    ...response,
    body: {
      cancel: () => body.cancel(),
      deliver: async (onChunk) => {
        await body.deliver(onChunk);
        throw error;
      },
    },
  };
}
const whole = (bytes = content, headers = {}): HttpResponse =>
  answer(200, { 'content-length': String(content.length), ...headers }, bytes);
const part = (from: number, bytes: Uint8Array, to = content.length - 1): HttpResponse =>
  answer(206, { 'content-range': `bytes ${from}-${to}/${content.length}` }, bytes);
const begun = (length: number, headers = {}): HttpResponse =>
  breaking(whole(content.subarray(0, length), headers));

interface Outcome {
  readonly received: Buffer;
  readonly code: string;
  /** What was asked for, one after the other. */
  readonly ranges: readonly (string | undefined)[];
  readonly asked: readonly HttpRequest[];
}

async function pull(...answers: readonly (HttpResponse | Error)[]): Promise<Outcome> {
  let count = 0;
  const transport = scripted(() => {
    const next = answers[Math.min(count++, answers.length - 1)] as HttpResponse | Error;
    if (next instanceof Error) throw next;
    return next;
  });
  const parts: Uint8Array[] = [];
  let code = 'complete';
  try {
    const blob = await clientOf(transport).blob('a/b', digest);
    await blob.deliver((chunk) => void parts.push(Uint8Array.from(chunk)));
  } catch (error) {
    code = (error as DctError).code;
  }
  const { asked } = transport;
  return {
    received: Buffer.concat(parts),
    code,
    ranges: asked.map(({ headers }) => headers['range']),
    asked,
  };
}

describe('BL-07 a transfer that breaks', () => {
  it('goes on from the byte where it broke, as often as that helps', async () => {
    const outcome = await pull(
      begun(150_000),
      breaking(part(150_000, content.subarray(150_000, 200_000))),
      breaking(part(200_000, content.subarray(200_000, 200_001))),
      part(200_001, content.subarray(200_001)),
    );
    expect(outcome.code).toBe('complete');
    expect(outcome.ranges).toEqual([undefined, 'bytes=150000-', 'bytes=200000-', 'bytes=200001-']);
    expect(outcome.received.equals(content)).toBe(true);
  });

  it.each([
    ['a silence that took too long', new DctError('TIMEOUT', { origin, phase: '', seconds: 30 })],
    ['a reset', cutOff],
  ])('by %s', async (_name, error) => {
    const outcome = await pull(breaking(whole(content.subarray(0, 7)), error), part(7, content.subarray(7)));
    expect([outcome.code, outcome.ranges]).toEqual(['complete', [undefined, 'bytes=7-']]);
  });

  it('by anything else is not continued', async () => {
    const invalid = new DctError('HTTP_INVALID', { origin, problem: 'chunk' });
    const outcome = await pull(
      breaking(whole(content.subarray(0, 7)), invalid),
      part(7, content.subarray(7)),
    );
    expect([outcome.code, outcome.ranges.length]).toEqual(['HTTP_INVALID', 1]);
  });

  it('before its first byte begins anew without a range', async () => {
    expect(await pull(begun(0), whole())).toMatchObject({ code: 'complete', ranges: [undefined, undefined] });
  });

  it('outlives a registry that is away for a moment, or out of order', async () => {
    const gone = new DctError('UNREACHABLE', { origin, problem: 'no such host' });
    const outcome = await pull(begun(9), gone, answer(500), part(9, content.subarray(9)));
    expect([outcome.code, outcome.ranges.length]).toEqual(['complete', 4]);
  });

  it('names the bytes that it wants by a strong ETag, never by a weak one', async () => {
    const strong = await pull(begun(9, { etag: '"v1"' }), part(9, content.subarray(9)));
    const weak = await pull(begun(9, { etag: 'W/"v1"' }), part(9, content.subarray(9)));
    expect([strong, weak].map(({ asked }) => asked[1]?.headers['if-range'])).toEqual(['"v1"', undefined]);
  });

  it('is given up after a bound, with the reason of the last break', async () => {
    const outcome = await pull(begun(100), breaking(part(100, new Uint8Array())));
    expect([outcome.code, outcome.ranges.length]).toEqual(['CUT_OFF', 1 + limits.blobResumes]);
  });

  it.each([
    ['404', answer(404), 'BLOB_UNKNOWN'],
    ['403', answer(403), 'REGISTRY_DENIED'],
    ['400', answer(400), 'REGISTRY_REFUSED'],
  ])('is given up at once when the registry then answers %s', async (_name, refusal, code) => {
    expect(await pull(begun(100), refusal)).toMatchObject({ code, ranges: [undefined, 'bytes=100-'] });
  });
});

describe('BL-08 a continuation', () => {
  it('that is the whole again is read from where the first one broke', async () => {
    const outcome = await pull(begun(150_001), whole());
    expect([outcome.code, outcome.received.equals(content)]).toEqual(['complete', true]);
  });

  it('that is the whole again hands on no empty pieces in place of those that came before', async () => {
    const transport = scripted(() => {
      const { length } = transport.asked;
      return length === 1 ? begun(3) : answer(200, {}, content.subarray(0, 2), content.subarray(2));
    });
    const lengths: number[] = [];
    const blob = await clientOf(transport).blob('a/b', digest);
    await blob.deliver((chunk) => void lengths.push(chunk.length));
    expect([transport.asked.length, lengths.includes(0)]).toEqual([2, false]);
  });

  it.each([
    ['that begins elsewhere', part(90, content.subarray(90))],
    ['that ends early', part(100, content.subarray(100, 200), 199)],
    ['in several parts', answer(206, { 'content-type': 'multipart/byteranges; boundary=b' }, content)],
    ['that cannot be', answer(416, { 'content-range': `bytes */${content.length}` })],
    ['of another size', answer(200, { 'content-length': '5' }, content.subarray(0, 5))],
  ])('%s is refused and not asked for again', async (_name, second) => {
    const outcome = await pull(begun(100), second, part(100, content.subarray(100)));
    expect([outcome.code, outcome.ranges.length]).toEqual(['RESUME_REFUSED', 2]);
  });

  it.each([
    ['other bytes', part(100, content.slice(100).fill(0))],
    ['bytes beyond the end', part(100, content.subarray(99))],
    ['too few bytes', part(100, content.subarray(101))],
    ['the whole, when it is other bytes', whole(content.slice().fill(1))],
    ['the whole, when it is shorter than what came before', answer(200, {}, content.subarray(0, 50))],
  ])('with %s fails the digest over all, and is not asked for again', async (_name, second) => {
    const outcome = await pull(begun(100), second, part(100, content.subarray(100)));
    expect([outcome.code, outcome.ranges.length]).toEqual(['CONTENT_MISMATCH', 2]);
    expect(outcome.received.length).toBeLessThan(content.length);
  });
});

describe('a consumer', () => {
  it('that fails ends the transfer, even when its error looks like a broken connection', async () => {
    const transport = scripted(() => whole());
    const failures = [
      () => Promise.reject(cutOff),
      () => {
        throw cutOff;
      },
    ];
    for (const fail of failures) {
      const taken: Uint8Array[] = [];
      const take = (chunk: Uint8Array): Promise<never> | undefined => {
        taken.push(chunk);
        // Not the second time: the end of the right bytes must not make up for what was lost before.
        return taken.length === 1 ? fail() : undefined;
      };
      await expect((await clientOf(transport).blob('a/b', digest)).deliver(take)).rejects.toBe(cutOff);
      expect(taken.length).toBe(1);
    }
    expect(transport.asked.length).toBe(failures.length);
  });

  it('that cancels, or whose signal is aborted, gets no continuation', async () => {
    for (const way of ['cancel', 'abort']) {
      const given = new AbortController();
      const transport = scripted(() => begun(100));
      const pause = (): Promise<void> => {
        if (way === 'cancel') blob.cancel();
        else given.abort();
        return Promise.resolve();
      };
      const blob = await clientOf(transport, { pause }).blob('a/b', digest, given.signal);
      await expect(blob.deliver(() => undefined)).rejects.toMatchObject({ code: 'CUT_OFF' });
      expect(transport.asked.length).toBe(1);
    }
  });
});
