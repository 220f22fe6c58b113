// Strict JSON: what two parsers could read differently is refused (JS-01 to JS-07, JS-13; ED-04).
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { JsonProblem, member, parseJson, type JsonObject } from '../../src/base/json.ts';
import { fc } from '../support/properties.ts';

const parse = (text: string): unknown => parseJson(utf8(text), { numbers: 'integers' });
const parseBytes = (bytes: Uint8Array): unknown => parseJson(bytes, { numbers: 'integers' });

describe('refused documents', () => {
  const refused: readonly [string, string | Uint8Array][] = [
    ['JS-01 a name twice', '{"version":1,"version":9}'],
    ['JS-01 a name twice, once escaped', '{"version":1,"\\u0076ersion":9}'],
    ['JS-01 a name twice in depth', '{"signed":{"targets":{"a":1,"a":2}}}'],
    ['JS-04 65 levels of lists', '['.repeat(66) + ']'.repeat(66)],
    ['JS-04 100 000 levels', '['.repeat(100_000)],
    ['JS-04 100 000 levels of objects', '{"a":'.repeat(100_000)],
    ['JS-05 an integer beyond 2^53', '[9007199254740993]'],
    ['JS-05 an exponent', '[1E2]'],
    ['JS-05 a fraction of zero', '[1.0]'],
    ['JS-05 minus zero', '[-0]'],
    ['JS-05 a fraction', '[0.1]'],
    ['JS-05 1e400', '[1e400]'],
    ['JS-05 a leading zero', '[01]'],
    ['JS-05 a plus', '[+1]'],
    ['JS-05 NaN', '[NaN]'],
    ['JS-05 hexadecimal', '[0x10]'],
    ['JS-05 400 digits', `[${'9'.repeat(400)}]`],
    ['JS-06 a byte order mark', '\ufeff{}'],
    ['JS-06 UTF-16', new Uint8Array(Buffer.from('{}', 'utf16le'))],
    ['JS-06 a trailing NUL', '{}\0'],
    ['JS-06 two documents', '{}{}'],
    ['JS-06 nothing', ''],
    ['JS-06 only blanks', ' \n'],
    ['JS-07 invalid UTF-8', Uint8Array.of(0x22, 0xe2, 0x80, 0x22)],
    ['JS-07 overlong UTF-8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
    ['JS-07 half a surrogate pair', '["\\ud800"]'],
    ['JS-07 half a surrogate pair as name', '{"\\udc00":1}'],
    ['JS-07 a raw line feed in a string', '["a\nb"]'],
    ['JS-07 a raw NUL in a string', '["a\0b"]'],
    ['JS-13 a comment', '[1] // one'],
    ['JS-13 a trailing comma in a list', '[1,]'],
    ['JS-13 a trailing comma in an object', '{"a":1,}'],
    ['JS-13 single quotes', "['a']"],
    ['JS-13 a bare name', '{a:1}'],
    ['an unknown escape', '["\\x41"]'],
    ['an open string', '["a'],
    ['an open object', '{"a":1'],
    ['a missing colon', '{"a" 1}'],
    ['a form feed as blank', '\f[]'],
  ];

  it.each(refused)('%s', (_, document) => {
    const bytes = typeof document === 'string' ? utf8(document) : document;
    expect(() => parseBytes(bytes)).toThrow(JsonProblem);
  });

  it('tells the place', () => {
    expect(() => parse('{"signed":{"keys":[1,{"a":1,"a":2}]}}')).toThrow(
      expect.objectContaining({ path: '$.signed.keys[1]' }) as Error,
    );
  });
});

describe('MF-12: what is wrong is told in few words, however long the names are', () => {
  const name = 'n'.repeat(100_000);
  it.each([
    ['a name twice', `{"${name}":1,"${name}":1}`],
    ['a place below it', `{"${name}":{"${name}":x}}`],
  ])('%s', (_, document) => {
    let problem: JsonProblem | undefined;
    try {
      parse(document);
    } catch (error) {
      problem = error as JsonProblem;
    }
    expect(problem).toBeInstanceOf(JsonProblem);
    expect(`${problem?.path}: ${problem?.message}`).toMatch(/^.{1,402}$/);
  });
});

describe('accepted documents', () => {
  it.each<[string, string, unknown]>([
    ['white space around and within', ' {\t"a" :\r\n[ 1 , 2 ] } \n', { a: [1, 2] }],
    ['64 levels', '['.repeat(64) + ']'.repeat(64), JSON.parse('['.repeat(64) + ']'.repeat(64))],
    [
      'the largest safe integers',
      '[9007199254740991,-9007199254740991]',
      [9007199254740991, -9007199254740991],
    ],
    ['escapes', '["\\u0041\\/\\n\\ud83d\\ude00"]', ['A/\n😀']],
    ['U+2028 and DEL, raw', '["\u2028\u007f"]', ['\u2028\u007f']],
    ['words', '[true,false,null]', [true, false, null]],
  ])('%s', (_, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    ['characters', 'a'],
    ['escapes', '\\u00e9'],
  ])('ED-04 one string of millions of %s', (_, piece) => {
    const text = `"${piece.repeat(8 << 20)}"`;
    expect((parse(text) as string).length).toBe(8 << 20);
    expect(() => parse(text.slice(0, -1))).toThrow(JsonProblem);
  });

  it('JS-03 names that JavaScript knows are names like any other', () => {
    const object = parse('{"__proto__":{"x":1},"constructor":2}') as JsonObject;
    expect(Object.keys(object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(member(object, 'toString')).toBeUndefined();
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('fractions, where the document is not metadata', () => {
    expect(parseJson(utf8('[1.5,1e2]'), { numbers: 'any' })).toEqual([1.5, 100]);
  });
});

describe('any document', () => {
  it('of whatever bytes is parsed or refused with a JsonProblem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseBytes(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonProblem);
        }
      }),
    );
  });

  it('that JavaScript wrote is read as the same value', () => {
    const safe = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => !/\d\.|e[+-]|-0/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(safe, (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}/.test(text) && text.isWellFormed() && !/\\ud[89a-f]/.test(text));
        expect(JSON.stringify(parse(text))).toBe(text);
      }),
    );
  });
});
