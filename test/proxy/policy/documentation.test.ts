// The examples of docs/policy.md are policies, and do what the page says.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { parseReference } from '../../../src/base/reference.ts';
import { describeRule, readPolicy } from '../../../src/proxy/index.ts';

const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);

describe('docs/policy.md', () => {
  it('has three examples', () => {
    expect(examples).toHaveLength(3);
  });

  it.each<{ example: number; image: string; rule: string | undefined }>([
    { example: 0, image: 'registry.example.com/app', rule: 'signed' },
    { example: 0, image: 'legacy.example.com:5000/app', rule: 'digest-only' },
    {
      example: 1,
      image: 'registry.example.com/pay/app',
      rule: 'signed-by ci, alice, bob (2 of them); strict; outage fail',
    },
    { example: 1, image: 'registry.example.com/app', rule: 'signed' },
    { example: 1, image: 'nginx', rule: undefined },
    { example: 2, image: 'registry.example.com/app', rule: 'signed; audit' },
    { example: 2, image: 'nginx', rule: 'pass; referrers pass' },
    { example: 2, image: 'team/app', rule: undefined },
  ])('example $example: $image is $rule', ({ example, image, rule }) => {
    const policy = readPolicy(utf8(examples[example] ?? ''), 'docs/policy.md');
    const decided = policy.ruleFor(parseReference(image).gun);
    expect(decided && describeRule(decided)).toBe(rule);
  });
});
