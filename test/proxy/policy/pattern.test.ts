// PO-01: which rule decides about an image, and which patterns cannot be mistaken for another.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { parseReference } from '../../../src/base/reference.ts';
import type { Policy } from '../../../src/proxy/policy/policy.ts';
import { readPolicy } from '../../../src/proxy/policy/read-policy.ts';

function policyOf(...patterns: readonly string[]): Policy {
  const rules = patterns.map((match) => ({ match, require: 'signed' }));
  return readPolicy(utf8(JSON.stringify({ rules })), 'policy.json');
}

/** The pattern, in full, of the rule that decides about an image as it stands in a reference. */
function deciding(patterns: readonly string[], image: string): string | undefined {
  return policyOf(...patterns).ruleFor(parseReference(image).gun)?.pattern;
}

describe('PO-01: a pattern is anchored, and compared component by component', () => {
  it.each<{ pattern: string; image: string; matches: boolean }>([
    { pattern: 'registry.io/*', image: 'registry.io/x', matches: true },
    { pattern: 'registry.io/*', image: 'registry.io.evil.com/x', matches: false },
    { pattern: 'registry.io/*', image: 'evil.com/registry.io/x', matches: false },
    { pattern: 'registry.io/**', image: 'evil.com/registry.io/x', matches: false },
    { pattern: 'registry.io', image: 'registry.io.evil.com/x', matches: false },
    { pattern: 'registry.io', image: 'evil-registry.io/x', matches: false },
    // `*` is one whole component, `**` one or more of them.
    { pattern: 'registry.io/*', image: 'registry.io/a/b', matches: false },
    { pattern: 'registry.io/**', image: 'registry.io/a/b/c', matches: true },
    { pattern: 'registry.io/a/**', image: 'registry.io/a', matches: false },
    { pattern: 'registry.io/a/**', image: 'registry.io/a-evil/b', matches: false },
    { pattern: 'registry.io/*/b', image: 'registry.io/a/b', matches: true },
    { pattern: 'registry.io/*/b', image: 'registry.io/a/a/b', matches: false },
    { pattern: 'registry.io/team', image: 'registry.io/team', matches: true },
    { pattern: 'registry.io/team', image: 'registry.io/team/app', matches: false },
    { pattern: 'registry.io', image: 'registry.io/a/b', matches: true },
    // Dots are dots.
    { pattern: 'registry.io', image: 'registryxio.com/a', matches: false },
    // Ports are part of the name, also the one that HTTPS has anyway.
    { pattern: 'registry.io', image: 'registry.io:5000/a', matches: false },
    { pattern: 'registry.io', image: 'registry.io:443/a', matches: false },
    { pattern: 'registry.io:5000', image: 'registry.io:5000/a', matches: true },
    { pattern: 'registry.io:5000', image: 'registry.io:50000/a', matches: false },
    { pattern: 'localhost:5000', image: '127.0.0.1:5000/a', matches: false },
    { pattern: 'localhost', image: 'localhost/a', matches: true },
    { pattern: '[::1]:5000/a', image: '[::1]:5000/a', matches: true },
    // Names of hosts have no case.
    { pattern: 'Registry.IO', image: 'registry.io/a', matches: true },
    { pattern: 'registry.io', image: 'REGISTRY.IO/a', matches: true },
    // Docker Hub by all of its names.
    { pattern: 'nginx', image: 'docker.io/library/nginx', matches: true },
    { pattern: 'docker.io/library/nginx', image: 'nginx', matches: true },
    { pattern: 'docker.io/nginx', image: 'index.docker.io/library/nginx', matches: true },
    { pattern: 'index.docker.io', image: 'nginx', matches: true },
    { pattern: 'team/*', image: 'docker.io/team/app', matches: true },
    { pattern: 'docker.io/*', image: 'nginx', matches: true },
    { pattern: 'docker.io/*', image: 'team/app', matches: false },
    { pattern: 'docker.io/**', image: 'team/app', matches: true },
    { pattern: 'nginx', image: 'registry.io/library/nginx', matches: false },
    { pattern: '**', image: 'anything.test/at/all', matches: true },
  ])('$pattern and $image: $matches', ({ pattern, image, matches }) => {
    expect(deciding([pattern], image) !== undefined).toBe(matches);
  });
});

describe('PO-01: the most specific rule decides, in whatever order they stand', () => {
  it.each<{ patterns: readonly string[]; image: string; decides: string | undefined }>([
    { patterns: ['**', 'r.io', 'r.io/a/*', 'r.io/a/b'], image: 'r.io/a/b', decides: 'r.io/a/b' },
    { patterns: ['**', 'r.io', 'r.io/a/*', 'r.io/a/b'], image: 'r.io/a/c', decides: 'r.io/a/*' },
    { patterns: ['**', 'r.io', 'r.io/a/*', 'r.io/a/b'], image: 'r.io/a/b/c', decides: 'r.io/**' },
    { patterns: ['**', 'r.io', 'r.io/a/*', 'r.io/a/b'], image: 's.io/a/b', decides: '**' },
    { patterns: ['r.io/a/*', 'r.io/a/**'], image: 'r.io/a/b', decides: 'r.io/a/*' },
    { patterns: ['r.io/*/b', 'r.io/a/*'], image: 'r.io/a/b', decides: 'r.io/a/*' },
    // The way by name leads nowhere, so the one by `*` is taken.
    { patterns: ['r.io/a/x', 'r.io/*/b'], image: 'r.io/a/b', decides: 'r.io/*/b' },
    { patterns: ['r.io/a'], image: 's.io/a', decides: undefined },
  ])('$image under $patterns', ({ patterns, image, decides }) => {
    expect(deciding(patterns, image)).toBe(decides);
    expect(deciding(patterns.toReversed(), image)).toBe(decides);
  });
});

describe('PO-01: what could be read in two ways is no pattern', () => {
  it.each([
    '',
    '*',
    '*/app',
    '*.registry.io/app',
    '**/app',
    'registry.io/',
    '/app',
    'registry.io//app',
    'registry.io/app-*',
    'registry.io/**/app',
    'registry.io/Team/app',
    'registry.io/team/app:1.0',
    'registry.io/app@sha256:0',
    'registry.io/../app',
    'registry.io:0/app',
    'registry.io:x/app',
    'https://registry.io/app',
    'registry.io/%2a',
    ' registry.io/app',
  ])('"%s"', (pattern) => {
    expect(() => policyOf(pattern)).toThrow(
      expect.objectContaining({
        code: 'POLICY_INVALID',
        facts: expect.objectContaining({ path: '$.rules[0].match' }) as unknown,
      }) as Error,
    );
  });
});

describe('PO-01: and the error says what to write instead', () => {
  it.each([
    ['*/app', 'the registry is named in full'],
    ['registry.io/app-*', '* stands for a whole component'],
    ['registry.io/**/app', '** can only be the last component'],
    ['registry.io/Team/app', 'lower case'],
    ['registry.io/..', '".." is not a component'],
    ['registry.io:x/app', '"registry.io:x" is not HOST[:PORT]'],
  ])('"%s": %s', (pattern, problem) => {
    expect(() => policyOf(pattern)).toThrow(problem);
  });
});
