// Input that a stranger would send: noise, scraps of the right grammar, and good samples with something wrong in them.
import { fc } from '../support/properties.ts';

/** Bytes for a reader whose good input looks like these samples, and is made of these words. */
export function hostileBytes(samples: readonly string[], words: readonly string[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    scraps(words).map((text) => Uint8Array.from(Buffer.from(text))),
    damaged(samples.map((text) => Uint8Array.from(Buffer.from(text, 'latin1')))),
  );
}

/** The same as text, in which every character may be any that a header or an address can carry. */
export function hostileText(samples: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    scraps(words),
    damaged(samples.map((text) => Uint8Array.from(Buffer.from(text, 'latin1')))).map((bytes) =>
      Buffer.from(bytes).toString('latin1'),
    ),
  );
}

function scraps(words: readonly string[]): fc.Arbitrary<string> {
  const word = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        ' ',
        '\t',
        '\r\n',
        '\0',
        '%',
        '%2f',
        '..',
        'é',
        '\ud800',
        '9'.repeat(20),
      ),
    },
  );
  return fc.array(word, { maxLength: 24 }).map((parts) => parts.join(''));
}

/** Cuts, copies, turned bits and foreign bytes at up to four places. */
function damaged(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const step = fc.tuple(fc.constantFrom('cut', 'copy', 'turn', 'put'), fc.nat(), fc.nat(64), fc.nat(255));
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(step, { minLength: 1, maxLength: 4 }))
    .map(([sample, steps]) =>
      steps.reduce((bytes, [how, where, length, byte]) => {
        const at = where % (bytes.length + 1);
        const [before, piece, after] = [
          bytes.subarray(0, at),
          bytes.subarray(at, at + length),
          bytes.subarray(at + length),
        ];
        if (how === 'cut') return joined(before, after);
        if (how === 'copy') return joined(before, piece, piece, after);
        if (how === 'put') return joined(before, Uint8Array.of(byte), bytes.subarray(at));
        return bytes.map((old, i) => (i === at ? old ^ byte : old));
      }, sample),
    );
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
