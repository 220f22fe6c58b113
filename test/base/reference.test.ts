// Image references in Docker's grammar, and what they are called as trust collections (NM-05, NM-10).
import { describe, expect, it } from 'vitest';
import { asTag, isRegistryHost, makeGun, parseReference, splitGun } from '../../src/base/reference.ts';
import { codeOf } from '../support/code-of.ts';

const hash = 'a'.repeat(64);

describe('normalisation, as Docker does it', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine'],
    ['foo/bar', 'docker.io/foo/bar'],
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['index.docker.io/foo/bar', 'docker.io/foo/bar'],
    ['index.docker.io/alpine', 'docker.io/library/alpine'],
    ['localhost/a/b', 'localhost/a/b'],
    ['localhost:5000/a', 'localhost:5000/a'],
    ['127.0.0.1:5000/a', '127.0.0.1:5000/a'],
    ['[::1]:5000/a/b', '[::1]:5000/a/b'],
    ['registry.example.com/team/app', 'registry.example.com/team/app'],
    ['Registry.Example/app', 'Registry.Example/app'],
    ['a__b/c.d-e--f', 'docker.io/a__b/c.d-e--f'],
    ['sandboxregistry:5000/test/trusttest', 'sandboxregistry:5000/test/trusttest'],
  ])('%s → %s', (text, gun) => {
    expect(parseReference(text).gun).toBe(gun);
  });

  it('keeps tag and digest apart, and assumes no tag', () => {
    expect(parseReference(`host:5000/a:v1@sha256:${hash}`)).toMatchObject({
      registry: 'host:5000',
      repository: 'a',
      tag: 'v1',
      digest: `sha256:${hash}`,
    });
    expect(parseReference('host:5000/a')).not.toHaveProperty('tag');
  });

  it.each(['__proto__', 'constructor', 'toString', '_', 'A.b-C', '1'.repeat(128)])(
    'NM-08 tag %s is legal',
    (tag) => {
      expect(parseReference(`host/a:${tag}`).tag).toBe(tag);
    },
  );
});

describe('NM-05: refused references', () => {
  it.each([
    ['', 'empty'],
    [hash, 'an image id'],
    ['host:5000/A', 'upper case'],
    ['host//a', 'an empty component'],
    ['host:5000/a/', 'a trailing slash'],
    ['host:5000/a/../b', 'dots'],
    ['host:5000/..', 'only dots'],
    ['../../etc', 'a path'],
    ['host:5000/a/%2e%2e/b', 'an escape'],
    ['host:5000/_trust', 'a leading underscore'],
    ['host:5000/a/_trust/tuf', 'a leading underscore below'],
    ['host:5000/a.', 'a trailing dot'],
    ['host:5000/a___b', 'three underscores'],
    ['hést/a:b', 'a name beyond ASCII'],
    ['host:99999/a', 'no port'],
    ['host:0/a', 'port 0'],
    ['host:5000/a:', 'an empty tag'],
    ['host:5000/a:.a', 'a tag with a leading dot'],
    ['host:5000/a:-a', 'a tag with a leading dash'],
    [`host:5000/a:${'1'.repeat(129)}`, 'a tag of 129 characters'],
    ['host:5000/a:latest\n', 'a line feed'],
    ['host:5000/a:latest\0', 'NUL'],
    ['host:5000/a@sha256:abc', 'a short digest'],
    [`host:5000/a@sha256:${hash.toUpperCase()}`, 'an upper-case digest'],
    [`host:5000/a@md5:${hash}`, 'another algorithm'],
    [`host:5000/${'a'.repeat(256)}`, 'a repository of 256 characters'],
    ['host-.example:5000/a', 'a host label that ends in a dash'],
    ['user@host:5000/a', 'credentials'],
    ['https://host:5000/a', 'a URL'],
  ])('%j (%s)', (text) => {
    const code = codeOf(() => parseReference(text));
    expect(['REFERENCE_INVALID', 'GUN_INVALID']).toContain(code);
  });
});

describe('collections', () => {
  it('split into what they were made of', () => {
    expect(splitGun(makeGun('[::1]:5000', 'a/b'))).toEqual({ registry: '[::1]:5000', repository: 'a/b' });
  });

  it.each([
    ['evil/..', 'a'],
    ['host', '../a'],
    ['', 'a'],
    ['host', ''],
    [`h${'o'.repeat(60)}st`, 'a'.repeat(200)],
  ])('refuse host %j with repository %j', (registry, repository) => {
    expect(codeOf(() => makeGun(registry, repository))).toBe('GUN_INVALID');
  });

  it.each([
    ['localhost', true],
    ['a.b:443', true],
    ['a b', false],
    ['a/b', false],
    ['a:b', false],
    ['[::1]', true],
    ['..', false],
  ])('host %s: %s', (host, valid) => {
    expect(isRegistryHost(host)).toBe(valid);
  });

  it.each(['sha256-abc.sig', 'latest'])('tag %s', (tag) => {
    expect(asTag(tag)).toBe(tag);
  });
});
