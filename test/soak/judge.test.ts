// The judge of a soak says no to wrong bytes and to what is not, or no longer, signed.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createJudge } from '../../soak/judge.ts';
import type { Observation, Question } from '../../soak/observation.ts';
import { Truth } from '../../soak/truth.ts';

const content = Buffer.from('content');
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
const lag = { refreshMs: 2_000, slackMs: 1_000 };
let truth: Truth;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  truth = new Truth(lag);
});
afterEach(() => void vi.useRealTimers());

function judge(question: Partial<Question>, changes: Partial<Observation> = {}): readonly string[] {
  const now = Date.now();
  return createJudge(truth, []).judge({
    question: { kind: 'tag', method: 'GET', path: '/', repository: 'app', ...question },
    client: '127.0.1.1',
    begun: now,
    ended: now,
    left: false,
    status: 200,
    complete: true,
    body: content,
    ...changes,
  });
}

test('wrong bytes are noticed when they arrive complete, and only then', () => {
  const wrong = { body: Buffer.from('contents') };
  expect(judge({ digest })).toEqual([]);
  expect(judge({ digest }, wrong)).toHaveLength(1);
  expect(judge({ digest }, { ...wrong, complete: false })).toEqual([]);
});

test('a part has to be the part that was asked for', () => {
  const span = { start: 1, end: 3, of: content };
  expect(judge({ digest, span }, { status: 206, body: content.subarray(1, 3) })).toEqual([]);
  expect(judge({ digest, span }, { status: 206, body: content.subarray(2, 4) })).toHaveLength(1);
});

test('a tag may be served once somebody signs it, and as what it is signed as', () => {
  expect(judge({ tag: 'one' })).toHaveLength(1);
  truth.signing('app:one', digest).done();
  expect(judge({ tag: 'one' })).toEqual([]);
  expect(judge({ tag: 'one' }, { body: Buffer.from('other') })).toHaveLength(1);
});

test('a revoked tag may be served for the refresh interval, and no longer', () => {
  truth.signing('app:one', digest).done();
  truth.revoking('app:one').done();
  vi.setSystemTime(3_000);
  expect(judge({ tag: 'one' })).toEqual([]);
  vi.setSystemTime(3_001);
  expect(judge({ tag: 'one' })).toHaveLength(1);
});

test('a list has signed tags only', () => {
  truth.signing('app:one', digest).done();
  const list = (...tags: string[]): Partial<Observation> => ({ body: Buffer.from(JSON.stringify({ tags })) });
  expect(judge({ kind: 'tag list' }, list('one'))).toEqual([]);
  expect(judge({ kind: 'tag list' }, list('one', 'two'))).toHaveLength(1);
});

const refusal = { status: 403, body: Buffer.from('{"errors":[{"detail":{"reason":"NOT_SIGNED"}}]}') };

test('a tag that has been signed for long is not refused as unsigned', () => {
  truth.signing('app:one', digest).done();
  expect(judge({ tag: 'one' }, refusal)).toEqual([]);
  vi.setSystemTime(3_001);
  expect(judge({ tag: 'one' }, refusal)).toHaveLength(1);
});

test('a tag that somebody is just revoking may be refused, and be served', () => {
  truth.signing('app:one', digest).done();
  vi.setSystemTime(10_000);
  truth.revoking('app:one');
  expect(judge({ tag: 'one' }, refusal)).toEqual([]);
  expect(judge({ tag: 'one' })).toEqual([]);
});

test('everything may be served while the policy lets it pass', () => {
  truth.opening('app');
  expect(judge({ tag: 'one' })).toEqual([]);
  truth.closed('app');
  vi.setSystemTime(1_001);
  expect(judge({ tag: 'one' })).toHaveLength(1);
});
