// Addresses of trust servers: https only, with or without a path, and never with secrets in them.
import { describe, expect, test } from 'vitest';
import { isDctError, type DctError } from '../../../src/base/errors.ts';
import { parseServerUrl } from '../../../src/tuf-client/notary/index.ts';

function refusal(text: string): DctError {
  try {
    parseServerUrl(text);
  } catch (error) {
    if (isDctError(error)) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('accepted', () => {
  test.each([
    ['https://notary.example', 'https://notary.example/'],
    ['https://notary.example/', 'https://notary.example/'],
    ['https://notary.example:4443', 'https://notary.example:4443/'],
    ['https://NOTARY.example:443', 'https://notary.example/'],
    ['https://notary.example/sub', 'https://notary.example/sub/'],
    ['https://notary.example/sub//', 'https://notary.example/sub/'],
    ['https://[::1]:4443/a/b', 'https://[::1]:4443/a/b/'],
  ])('%s', (text, expected) => {
    expect(parseServerUrl(text).href).toBe(expected);
  });
});

describe('refused', () => {
  test.each([
    '',
    'notary.example',
    'notary.example:4443',
    '//notary.example',
    '/sub',
    'https://',
    'https://notary.example:99999',
    'http://notary.example',
    'http://localhost:4443',
    'ftp://notary.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])('%j', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'SERVER_URL_INVALID', facts: { url: text } });
  });

  test.each([
    'https://user:s3cret@notary.example',
    'https://s3cret@notary.example/sub',
    'https://:s3cret@notary.example',
    'http://user:s3cret@notary.example',
    'ftp://user:s3cret@notary.example/x',
    'https://user:s3cret@notary.example?x=1',
    'https://user:s3cret@notary.example:99999',
    'https://user:s3cret@notary.example/a@b',
    'https://user:s3cret@',
    'https:// user:s3cret@notary.example',
    'https://user:s3cret/@notary.example',
    'https://user:with?s3cret@notary.example',
    'user:s3cret@notary.example',
  ])('credentials are never repeated: %s', (text) => {
    const error = refusal(text);
    expect(error.code).toBe('SERVER_URL_INVALID');
    expect(JSON.stringify([error.message, error.next, error.facts])).not.toContain('s3cret');
  });

  test.each(['https://notary.example?token=s3cret', 'https://notary.example#s3cret'])(
    'nor is what follows a ? or #: %s',
    (text) => {
      expect(refusal(text)).toMatchObject({
        code: 'SERVER_URL_INVALID',
        facts: { url: 'https://notary.example', problem: 'it has a query or a fragment' },
      });
    },
  );
});
