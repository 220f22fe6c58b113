// The error catalogue: every failure is one line of cause and one of next step, safe to print (EX-02).
import { describe, expect, it } from 'vitest';
import { catalogue, type Code } from '../../src/base/errors/catalogue.ts';
import { DctError, foreseen, isDctError, printable } from '../../src/base/errors.ts';

/** Facts of every name that any sentence asks for. */
const anyFacts = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? `<${name}>` : undefined) });

describe.each(Object.keys(catalogue) as Code[])('%s', (code) => {
  const error = new DctError(code, anyFacts as never);

  it('says what is wrong and what to do, on one line each', () => {
    for (const line of [error.message, error.next]) {
      expect(line).toMatch(/\S{2}/);
      expect(line).not.toMatch(/\n|undefined|\[object/);
    }
  });
});

it.each(['REQUEST_MALFORMED', 'DECLINED', 'INTERRUPTED'] as const)(
  '%s, which nobody but the reader can put right, tells him to do something',
  (code) => {
    expect(new DctError(code, anyFacts as never).next).toMatch(/\b(?:Repeat|Run) (?:it|the same command)\b/);
  },
);

describe('errors', () => {
  it.each([
    ['one of ours', new DctError('LOCKED', { file: 'x', seconds: 1 }), 'LOCKED'],
    ['too few descriptors', Object.assign(new Error('x'), { code: 'EMFILE' }), 'TOO_FEW_DESCRIPTORS'],
    ['too few in the whole system', Object.assign(new Error('x'), { code: 'ENFILE' }), 'TOO_FEW_DESCRIPTORS'],
    ['another error of the system', Object.assign(new Error('x'), { code: 'EIO' }), 'BUG'],
    ['a defect', new TypeError('x is undefined'), 'BUG'],
    ['nothing', undefined, 'BUG'],
  ])('thrown as %s', (_what, thrown, code) => {
    expect(foreseen(thrown).code).toBe(code);
  });

  it.each([
    ['too many open files', /Raise the limit/],
    ['EMFILE', /Raise the limit/],
    ['permission denied', /Check the permissions/],
  ])('of the disk tell what helps: %s', (problem, next) => {
    expect(new DctError('DISK', { file: 'x', operation: 'open', problem }).next).toMatch(next);
  });

  it('carry code, family, facts and cause', () => {
    const cause = new Error('reset');
    const error = new DctError('CUT_OFF', { origin: 'https://a', problem: 'reset' }, cause);
    expect(error).toMatchObject({
      code: 'CUT_OFF',
      family: 'transport',
      facts: { origin: 'https://a' },
      cause,
    });
    expect(isDctError(error, 'CUT_OFF')).toBe(true);
    expect(isDctError(error, 'TIMEOUT')).toBe(false);
    expect(isDctError(cause)).toBe(false);
  });

  it.each([
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a line feed', 'a\nb', 'a\\u000ab'],
    ['a bidirectional override', 'a\u202eb', 'a\\u202eb'],
    ['a C1 control', 'a\u009bb', 'a\\u009bb'],
    ['an invisible character', 'a\u200bb', 'a\\u200bb'],
    ['text beyond ASCII', 'é語😀', 'é語😀'],
  ])('show %s harmlessly', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(new DctError('GUN_INVALID', { gun: text, problem: 'x' }).message).toContain(shown);
  });
});
