// Addresses: read, or undefined; never an exception, however often they were asked about.
import { expect, test } from 'vitest';
import { parseUrl } from '../../src/base/url.ts';

const base = new URL('https://registry.test/v2/');

test.each([
  ['https://a.test/x', undefined, 'https://a.test/x'],
  ['next?n=1', base, 'https://registry.test/v2/next?n=1'],
  ['next', undefined, undefined],
  ['https://', base, undefined],
  ['https://a.test:99999/', base, undefined],
])('%j', (text, from, expected) => {
  expect(parseUrl(text, from)?.href).toBe(expected);
});

test('AU-07: a host that no address can have is refused the ten-thousandth time too', () => {
  // Node answers differently once V8 has compiled its own check.
  const answers = Array.from({ length: 10_000 }, () => parseUrl('https://h\u00c3\u0080.test/'));
  expect(answers.every((url) => url === undefined)).toBe(true);
});
