// AU-03: WWW-Authenticate fields, good and bad.
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { parseChallenges } from '../../src/http/challenge.ts';
import { fc } from '../support/properties.ts';

const read = (field: string): unknown =>
  parseChallenges(field)?.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
const wholeField = (length: number): string => `${'Basic realm="'.padEnd(length - 1, 'x')}"`;

describe('WWW-Authenticate', () => {
  it.each<[string, unknown]>([
    ['', []],
    ['Basic', [['basic', {}]]],
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['BEARER Realm=x', [['bearer', { realm: 'x' }]]],
    [
      'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
      [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' }]],
    ],
    ['Bearer realm="a" , service = "b"', [['bearer', { realm: 'a', service: 'b' }]]],
    [
      String.raw`Basic realm="a \"quoted\" \\ name, with comma"`,
      [['basic', { realm: 'a "quoted" \\ name, with comma' }]],
    ],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate, Basic realm="a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'Negotiate YWJj==, Basic realm="a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [', ,Basic realm="a",,', [['basic', { realm: 'a' }]]],
    ['Basic realm="Bearer realm=https://evil"', [['basic', { realm: 'Bearer realm=https://evil' }]]],
  ])('%s', (field, expected) => {
    expect(read(field)).toEqual(expected);
  });

  it.each([
    ['a parameter before any scheme', 'realm="x"'],
    ['a parameter twice', 'Bearer realm="https://a", realm="https://b"'],
    ['a parameter twice in other letter case', 'Bearer realm="https://a", REALM="https://b"'],
    ['an open quote', 'Basic realm="x'],
    ['text after a quoted value', 'Basic realm="x"y'],
    ['no comma between parameters', 'Bearer realm="x" service="y"'],
    ['no value', 'Bearer a="b", realm='],
    ['a value without a name', 'Bearer a="b", ="c"'],
    ['a character that is no token', 'Basic (x)'],
    ['a token68 right after the scheme', 'Negotiate/YWJj'],
    ['16 KiB and more', wholeField(limits.challengeHeaderBytes + 1)],
  ])('refuses %s', (_name, field) => {
    expect(parseChallenges(field)).toBeUndefined();
  });

  it('takes a field that is just within the bound', () => {
    expect(read(wholeField(limits.challengeHeaderBytes))).toMatchObject([['basic', {}]]);
  });

  it('ends with an answer for any text', () => {
    const piece = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'realm', 'a', ';', '\t', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const challenges = parseChallenges(pieces.join(''));
        expect(challenges === undefined || challenges.every(({ scheme }) => scheme !== '')).toBe(true);
      }),
    );
  });

  it('gives back what was quoted', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const field = `Bearer realm="${value.replace(/["\\]/g, '\\$&')}", service=x`;
        // Line breaks cannot stand in a header field.
        fc.pre(!/[\r\n\u2028\u2029]/.test(value));
        expect(read(field)).toEqual([['bearer', { realm: value, service: 'x' }]]);
      }),
    );
  });
});
