// Notary's canonical JSON: the agreed values come out as Notary writes them, the others are refused (dialect 3; JS-08, JS-09).
import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../src/base/bytes.ts';
import { canonicalBytes } from '../../src/base/canonical-json.ts';
import { JsonProblem, parseJson, type JsonValue } from '../../src/base/json.ts';
import { fc } from '../support/properties.ts';

const canonical = (text: string): string | undefined =>
  decodeUtf8(canonicalBytes(parseJson(utf8(text), { numbers: 'any' })));

describe('canonical form', () => {
  it.each([
    ['sorts names', '{"b":1,"a":{"d":2,"c":3}}', '{"a":{"c":3,"d":2},"b":1}'],
    ['drops white space', ' [ 1 , "x" ] ', '[1,"x"]'],
    ['escapes quotes and backslashes only (JS-09)', '["\\"\\\\"]', '["\\"\\\\"]'],
    ['leaves < > & / and DEL raw', '["<>&\\/\u007f"]', '["<>&/\u007f"]'],
    ['leaves U+2028 and U+2029 raw', '["\\u2028\\u2029"]', '["\u2028\u2029"]'],
    ['leaves other writing systems raw', '["é語😀"]', '["é語😀"]'],
    ['undoes needless escapes', '["\\u0061\\u00e9"]', '["aé"]'],
    ['orders names beyond ASCII by code point', '{"é":1,"z":2,"語":3}', '{"z":2,"é":1,"語":3}'],
    [
      'keeps names that JavaScript knows',
      '{"__proto__":1,"constructor":{}}',
      '{"__proto__":1,"constructor":{}}',
    ],
    [
      'keeps empty containers and words',
      '{"a":[],"b":{},"c":null,"d":true}',
      '{"a":[],"b":{},"c":null,"d":true}',
    ],
    ['writes integers as they are', '[0,-1,9007199254740991]', '[0,-1,9007199254740991]'],
  ])('%s', (_, text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    ['a line feed in a string', '["a\\nb"]'],
    ['a tab in a name', '{"a\\tb":1}'],
    ['NUL', '["\\u0000"]'],
    ['names whose order depends on the encoding (JS-08)', '{"\\uff61":1,"\\ud83d\\ude00":2}'],
    ['2^53', '[9007199254740992]'],
    ['2^60', '[1152921504606846976]'],
    ['a fraction', '[1.5]'],
  ])('refuses %s, which Notary and RFC 8785 write differently', (_, text) => {
    expect(() => canonical(text)).toThrow(JsonProblem);
  });

  it('JS-08 exactly those names are refused together whose two orders differ', () => {
    const letter = fc.constantFrom(
      'a',
      'é',
      '\ud7ff',
      '\ue000',
      '\uff61',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    );
    const names = fc.uniqueArray(fc.string({ unit: letter, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(names, (list) => {
        const byUnits = [...list].sort();
        const byBytes = [...list].sort((a, b) => Buffer.compare(utf8(a), utf8(b)));
        const object = Object.fromEntries(list.map((name) => [name, 1]));
        if (byUnits.join() === byBytes.join()) expect(() => canonicalBytes(object)).not.toThrow();
        else expect(() => canonicalBytes(object)).toThrow(JsonProblem);
      }),
    );
  });

  it('ED-12 names beyond the basic plane take little longer than others, however many', () => {
    const work = (first: string): number => {
      const names = Array.from(
        { length: 200_000 },
        (_, i) => [`${first}${(i * 7919) % 500_009}`, 0] as const,
      );
      const value = Object.fromEntries(names);
      const before = process.cpuUsage();
      canonicalBytes(value);
      return process.cpuUsage(before).user;
    };
    const others = work('e');
    expect(work('\u{1f600}') / others).toBeLessThan(6);
  });

  it('of a canonical document is the document itself', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, (candidate) => {
        let first: Uint8Array;
        try {
          first = canonicalBytes(candidate as JsonValue);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonProblem);
          return;
        }
        const again = canonicalBytes(parseJson(first, { numbers: 'integers' }));
        expect(decodeUtf8(again)).toBe(decodeUtf8(first));
      }),
    );
  });
});
