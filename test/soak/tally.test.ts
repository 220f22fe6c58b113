// The account of a soak finds what only one side knows of.
import { expect, test } from 'vitest';
import type { Observation } from '../../soak/observation.ts';
import { compare, compareCounters, type Line } from '../../soak/tally.ts';

const seen = (changes: Partial<Observation> = {}): Observation => ({
  question: { kind: 'tag', method: 'GET', path: '/v2/app/manifests/one', repository: 'app', tag: 'one' },
  client: '127.0.1.1',
  begun: 0,
  ended: 1,
  left: false,
  status: 200,
  complete: true,
  body: new Uint8Array(),
  ...changes,
});
const line = (changes: Partial<Line> = {}): Line => ({
  client: '127.0.1.1',
  method: 'GET',
  gun: 'host/app',
  tag: 'one',
  verdict: 'served',
  status: 200,
  ...changes,
});
const no = (reason: string): Uint8Array => Buffer.from(JSON.stringify({ errors: [{ detail: { reason } }] }));
const refused = seen({ status: 403, body: no('NOT_SIGNED') });

const fitting: readonly (readonly [string, readonly Observation[], readonly Line[]])[] = [
  ['an answer', [seen()], [line()]],
  ['the digest that a tag is signed as', [seen()], [line({ digest: 'sha256:aa' })]],
  ['a refusal', [refused], [line({ verdict: 'refused', reason: 'NOT_SIGNED', status: 403 })]],
  ['a cut connection', [seen({ complete: false })], [line({ verdict: 'cut', reason: 'CONTENT_MISMATCH' })]],
  ['somebody who left, whatever came of it', [seen({ complete: false, left: true })], [line()]],
];
test.each(fitting)('fits: %s', (_, observations, lines) => {
  expect(compare('host', observations, lines)).toEqual([]);
});

const amiss: readonly (readonly [string, readonly Observation[], readonly Line[]])[] = [
  ['an answer without a line', [seen()], []],
  ['a line without an answer', [], [line()]],
  ['another reason', [refused], [line({ verdict: 'refused', reason: 'NO_TRUST_DATA', status: 403 })]],
  ['another client', [seen()], [line({ client: '127.0.1.2' })]],
  ['a broken answer that is said to be served', [seen({ complete: false })], [line()]],
  ['a client that stayed and is said to have left', [seen()], [line({ verdict: 'left' })]],
  ['somebody who left without a line', [seen({ complete: false, left: true })], []],
];
test.each(amiss)('does not fit: %s', (_, observations, lines) => {
  expect(compare('host', observations, lines)).not.toEqual([]);
});

const counter = (verdict: string, reason: string, value: number): string =>
  `dct_proxy_requests_total{verdict="${verdict}",reason="${reason}",upstream="host"} ${value}\n`;

test('counters are compared by verdict and reason', () => {
  const lines = [line(), line({ verdict: 'refused', reason: 'NOT_SIGNED' })];
  const served = counter('served', '', 1);
  expect(compareCounters(lines, served + counter('refused', 'NOT_SIGNED', 1))).toEqual([]);
  expect(compareCounters(lines, served + counter('refused', 'NO_TRUST_DATA', 1))).toHaveLength(2);
  expect(compareCounters(lines, served)).toHaveLength(1);
});
