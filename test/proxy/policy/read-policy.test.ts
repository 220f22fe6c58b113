// PO-02: a policy file is taken exactly as it was meant, or not at all, and the error names the place.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { DctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { readPolicy } from '../../../src/proxy/policy/read-policy.ts';

const read = (text: string) => readPolicy(utf8(text), 'policy.json');
const rules = (...list: readonly object[]): string => JSON.stringify({ rules: list });

describe('a rule', () => {
  const full = { signers: ['ci', 'qa'], threshold: 1, strict: true, outage: 'fail', audit: true };

  it('has what it does not say at its safe default', () => {
    expect(read(rules({ match: 'r.io', require: 'signed' })).rules).toEqual([
      {
        pattern: 'r.io/**',
        require: 'signed',
        signers: [],
        threshold: 0,
        strict: false,
        referrers: 'block',
        outage: 'cached',
        audit: false,
      },
    ]);
  });

  it('says everything else', () => {
    const [rule] = read(rules({ match: 'r.io', require: 'signed-by', ...full, referrers: 'block' })).rules;
    expect(rule).toMatchObject({ require: 'signed-by', ...full, referrers: 'block' });
  });

  it.each([undefined, 1, 2])('wants all of its signers unless it says how many: %s', (threshold) => {
    const [rule] = read(
      rules({ match: 'r.io', require: 'signed-by', signers: ['ci', 'qa'], threshold }),
    ).rules;
    expect(rule?.threshold).toBe(threshold ?? 2);
  });
});

describe('the bounds of a policy are those of one that is read', () => {
  const one = rules({ match: 'r.io', require: 'signed' });
  it.each<{ name: string; text: string; count: number }>([
    { name: 'its bytes', text: one.padEnd(limits.policyBytes), count: 1 },
    {
      name: 'its rules',
      text: rules(
        ...Array.from({ length: limits.policyRules }, (_, i) => ({ match: `r.io/${i}`, require: 'signed' })),
      ),
      count: limits.policyRules,
    },
  ])('$name', ({ text, count }) => {
    expect(read(text).rules).toHaveLength(count);
  });
});

it('PO-02: a member that is missing is told from one that is something else', () => {
  expect(() => read('{}')).toThrow('$.rules: it is missing');
  expect(() => read('{"rules": 1}')).toThrow('$.rules: a list of rules is expected');
});

describe('PO-02: refused, with the place', () => {
  const signed = { match: 'r.io', require: 'signed' };
  const signedBy = { match: 'r.io', require: 'signed-by' };
  it.each<{ name: string; text: string; path: string }>([
    { name: 'an empty file', text: '', path: '$' },
    { name: 'YAML', text: 'rules: &a [*a, *a]', path: '$' },
    { name: 'a document that ends early', text: '{"rules": [', path: '$.rules[0]' },
    { name: 'a list', text: '[]', path: '$' },
    { name: 'a number', text: '1', path: '$' },
    { name: 'no rules', text: '{}', path: '$.rules' },
    { name: 'an empty list of rules', text: rules(), path: '$.rules' },
    { name: 'rules that are no list', text: '{"rules": {}}', path: '$.rules' },
    { name: 'an unknown member beside the rules', text: '{"rules": [], "rule": []}', path: '$.rule' },
    { name: 'rules twice', text: '{"rules": [], "rules": []}', path: '$' },
    { name: 'a rule that is a text', text: '{"rules": ["r.io"]}', path: '$.rules[0]' },
    { name: 'a rule without a pattern', text: rules({ require: 'signed' }), path: '$.rules[0].match' },
    { name: 'a rule that asks for nothing', text: rules({ match: 'r.io' }), path: '$.rules[0].require' },
    {
      name: 'a requirement that does not exist',
      text: rules(signed, { match: 's.io', require: 'sigend' }),
      path: '$.rules[1].require',
    },
    {
      name: 'an unknown member of a rule',
      text: rules({ ...signed, Strict: true }),
      path: '$.rules[0].Strict',
    },
    { name: '__proto__', text: '{"rules":[{"__proto__":{}}]}', path: '$.rules[0].__proto__' },
    { name: 'a flag in quotes', text: rules({ ...signed, strict: 'false' }), path: '$.rules[0].strict' },
    { name: 'null for a flag', text: rules({ ...signed, audit: null }), path: '$.rules[0].audit' },
    { name: 'another outage', text: rules({ ...signed, outage: 'pass' }), path: '$.rules[0].outage' },
    { name: 'other referrers', text: rules({ ...signed, referrers: true }), path: '$.rules[0].referrers' },
    {
      name: 'signers nobody asks for',
      text: rules({ ...signed, signers: ['ci'] }),
      path: '$.rules[0].signers',
    },
    { name: 'signed by nobody', text: rules({ ...signedBy }), path: '$.rules[0].signers' },
    {
      name: 'an empty list of signers',
      text: rules({ ...signedBy, signers: [] }),
      path: '$.rules[0].signers',
    },
    {
      name: 'a signer twice',
      text: rules({ ...signedBy, signers: ['ci', 'ci'] }),
      path: '$.rules[0].signers',
    },
    {
      name: 'the role of everybody as a signer',
      text: rules({ ...signedBy, signers: ['ci', 'releases'] }),
      path: '$.rules[0].signers[1]',
    },
    {
      name: 'a role instead of a name',
      text: rules({ ...signedBy, signers: ['targets/ci'] }),
      path: '$.rules[0].signers[0]',
    },
    {
      name: 'a number as a signer',
      text: rules({ ...signedBy, signers: ['ci', 5] }),
      path: '$.rules[0].signers[1]',
    },
    ...[0, -1, 2, '1', true].map((threshold) => ({
      name: `a threshold of ${JSON.stringify(threshold)} for one signer`,
      text: rules({ ...signedBy, signers: ['ci'], threshold }),
      path: '$.rules[0].threshold',
    })),
    {
      name: 'a duplicate rule',
      text: rules(signed, { match: 's.io', require: 'pass' }, { ...signed, require: 'pass' }),
      path: '$.rules[2].match',
    },
    {
      name: 'a duplicate rule in other words',
      text: rules({ ...signed, match: 'nginx' }, { ...signed, match: 'index.docker.io/library/nginx' }),
      path: '$.rules[1].match',
    },
    {
      name: 'strictness where nothing is signed',
      text: rules({ match: 'r.io', require: 'pass', strict: true }),
      path: '$.rules[0].strict',
    },
    {
      name: 'strictness that referrers would undo',
      text: rules({ ...signed, strict: true, referrers: 'pass' }),
      path: '$.rules[0].referrers',
    },
    {
      name: 'an outage of nobody',
      text: rules({ match: 'r.io', require: 'digest-only', outage: 'fail' }),
      path: '$.rules[0].outage',
    },
    {
      name: 'too many rules',
      text: rules(
        ...Array.from({ length: limits.policyRules + 1 }, (_, i) => ({ ...signed, match: `r.io/${i}` })),
      ),
      path: '$.rules',
    },
    { name: 'too many bytes', text: `{"rules": []}${' '.repeat(limits.policyBytes)}`, path: '$' },
  ])('$name', ({ text, path }) => {
    const refusal = (() => {
      try {
        return read(text);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(DctError);
    expect(refusal).toMatchObject({ code: 'POLICY_INVALID', facts: { file: 'policy.json', path } });
  });
});
