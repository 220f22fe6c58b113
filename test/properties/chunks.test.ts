// How content is cut up on its way never changes what is thought of it: pieces, broken connections, ranges.
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { DctError, isDctError } from '../../src/base/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { requestedRange, spanOf } from '../../src/proxy/content/range.ts';
import { heldBytes } from '../../src/registry/verified-blob.ts';
import { answer, clientOf, scripted } from '../registry/support.ts';
import { fc, tries } from '../support/properties.ts';

const cutOff = new DctError('CUT_OFF', { origin: 'https://registry.test', problem: 'reset' });

/** A registry that serves this content in pieces of that size, and breaks off where it is told, as often as it is told. */
function registry(content: Uint8Array, pieceBytes: number, breaks: readonly number[]) {
  const left = [...breaks];
  return scripted((request: HttpRequest): HttpResponse => {
    const from = Number(/^bytes=(\d+)-$/u.exec(request.headers['range'] ?? '')?.[1] ?? 0);
    const length = left.shift();
    const sent = content.subarray(from, length === undefined ? content.length : from + length);
    const pieces = Array.from({ length: Math.ceil(sent.length / pieceBytes) }, (_, i) =>
      sent.subarray(i * pieceBytes, (i + 1) * pieceBytes),
    );
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    const whole =
      from === 0
        ? answer(200, { 'content-length': String(content.length) }, ...pieces)
        : answer(206, range, ...pieces);
    return length === undefined ? whole : breaking(whole);
  });
}

function breaking(response: HttpResponse): HttpResponse {
  const { body } = response;
  const deliver: typeof body.deliver = async (onChunk) => {
    await body.deliver(onChunk);
    throw cutOff;
  };
  return { ...response, body: { cancel: () => body.cancel(), deliver } };
}

const content = Uint8Array.from({ length: heldBytes + 40_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const digest = digestOf(content);
const cuts = fc.record({
  pieceBytes: fc.integer({ min: 500, max: 70_000 }),
  breaks: fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 3 }),
});

test('BL-07 a blob in any pieces over connections that break anywhere arrives as it is, or not to its end', async () => {
  const damage = fc.option(fc.nat(content.length - 1), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(cuts, damage, async ({ pieceBytes, breaks }, at) => {
      const served = Uint8Array.from(content, (byte, i) => (i === at ? byte ^ 1 : byte));
      const received: Buffer[] = [];
      let code = 'complete';
      try {
        const blob = await clientOf(registry(served, pieceBytes, breaks)).blob('a/b', digest);
        await blob.deliver((chunk) => void received.push(Buffer.from(chunk)));
      } catch (error) {
        if (!isDctError(error)) throw error;
        ({ code } = error);
      }
      const bytes = Buffer.concat(received);
      expect(code).toBe(at === undefined ? 'complete' : 'CONTENT_MISMATCH');
      if (at === undefined) expect(bytes.equals(content)).toBe(true);
      else expect(bytes.length).toBeLessThanOrEqual(content.length - heldBytes);
    }),
    tries(40),
  );
});

test('ranges that follow each other are the whole, and every range is a part of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(fc.nat(1200)), (size, ends) => {
      let at = 0;
      for (const end of [...ends.filter((value) => value < size).sort((a, b) => a - b), size - 1]) {
        if (end < at) continue;
        const asked = requestedRange({ range: `bytes=${at}-${end}` }, '"x"');
        expect(asked && spanOf(asked, size)).toEqual({ start: at, end: end + 1 });
        at = end + 1;
      }
      expect(at).toBe(size);
    }),
    tries(200),
  );
});
