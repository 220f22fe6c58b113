// What clients read when the answer is no: status, code and words for every family of errors.
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/base/errors/catalogue.ts';
import { DctError, type Code, type Facts } from '../../src/base/errors.ts';
import type { Tag } from '../../src/base/reference.ts';
import { errorAnswer } from '../../src/proxy/error-answer.ts';
import { gunOf, type ErrorBody } from './fakes.ts';

const subject = { gun: gunOf('app'), tag: 'v1' as Tag };

function answerTo(error: unknown): { status: number; code: string; message: string; headers: object } {
  const { status, headers, body } = errorAnswer(error as DctError, subject);
  const [first] = (JSON.parse(Buffer.from(body).toString()) as ErrorBody).errors;
  return { status, headers, code: first?.code ?? '', message: first?.message ?? '' };
}

const make = <C extends Code>(code: C, facts: Facts<C>): DctError<C> => new DctError(code, facts);

describe('PX-16: statuses', () => {
  const url = 'https://user:secret@registry.test/v2/app?token=secret';
  it.each<[unknown, number, string]>([
    [make('UNREACHABLE', { origin: 'o', problem: 'p' }), 503, 'UNAVAILABLE'],
    [make('TIMEOUT', { origin: 'o', phase: 'p', seconds: 1 }), 503, 'UNAVAILABLE'],
    [make('TLS', { origin: 'o', problem: 'p' }), 503, 'UNAVAILABLE'],
    [make('SERVER_ERROR', { url, status: 502 }), 503, 'UNAVAILABLE'],
    [make('ACCESS_DENIED', { url, status: 401, user: 'robot' }), 503, 'UNAVAILABLE'],
    [make('MANIFEST_UNKNOWN', { reference: 'r' }), 404, 'MANIFEST_UNKNOWN'],
    [make('BLOB_UNKNOWN', { reference: 'r' }), 404, 'BLOB_UNKNOWN'],
    [make('NAME_UNKNOWN', { repository: 'r' }), 404, 'NAME_UNKNOWN'],
    [make('REGISTRY_DENIED', { url, status: 401, user: 'robot' }), 403, 'DENIED'],
    [make('REGISTRY_REFUSED', { url, status: 429, detail: '' }), 429, 'TOOMANYREQUESTS'],
    [make('REGISTRY_REFUSED', { url, status: 410, detail: '' }), 403, 'DENIED'],
    [make('REGISTRY_REFUSED', { url, status: 301, detail: '' }), 502, 'UNKNOWN'],
    [make('DISK', { file: '/root/.docker/trust', operation: 'write', problem: 'full' }), 500, 'UNKNOWN'],
    [make('CACHE_CORRUPT', { file: '/root/.docker/trust', problem: 'cut off' }), 403, 'DENIED'],
    [make('DISK_UNSAFE', { file: '/root/.docker/trust', problem: 'a link' }), 403, 'DENIED'],
    [make('BUG', { problem: 'x' }), 500, 'UNKNOWN'],
    [make('CONFIG_INVALID', { file: '/root/.docker/config.json', path: '$', problem: 'p' }), 500, 'UNKNOWN'],
    [make('CREDENTIAL_HELPER', { helper: 'docker-credential-x', problem: 'p' }), 500, 'UNKNOWN'],
    [make('SERVER_URL_INVALID', { url: 'http://notary.internal', problem: 'p' }), 500, 'UNKNOWN'],
  ])('%s', (error, status, code) => {
    expect(answerTo(error)).toMatchObject({ status, code, headers: { 'Content-Type': 'application/json' } });
  });

  it('are 403 for every refusal for reasons of trust', () => {
    const facts = new Proxy({}, { get: () => 'x' }) as never;
    const codes = (Object.keys(catalogue) as Code[]).filter((code) => catalogue[code].family === 'trust');
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes)
      expect(answerTo(new DctError(code, facts))).toMatchObject({ status: 403, code: 'DENIED' });
  });
});

describe('429', () => {
  const url = 'https://registry.test/v2/';
  it.each([
    make('SERVER_ERROR', { url, status: 429 }),
    make('REGISTRY_REFUSED', { url, status: 429, detail: '' }),
    make('CLIENT_BUSY', { bound: 1 }),
  ])('$code reaches the client, which is told to wait', (error) => {
    expect(answerTo(error)).toMatchObject({
      status: 429,
      code: 'TOOMANYREQUESTS',
      headers: { 'Retry-After': '1' },
    });
  });
});

describe('PX-17: what stays inside', () => {
  const html = '<html><script>alert(1)</script></html>';
  it.each<[unknown, string[]]>([
    [
      make('REGISTRY_REFUSED', { url: 'https://u:pw@registry.test/x?t=tok', status: 400, detail: html }),
      ['script', 'pw', 'tok'],
    ],
    [make('REGISTRY_DENIED', { url: 'https://registry.test/x', status: 403, user: 'robot' }), ['robot']],
    [make('ACCESS_DENIED', { url: 'not a url', status: 403, user: 'robot' }), ['robot']],
    [make('DISK', { file: '/root/.docker', operation: 'read', problem: 'EACCES' }), ['/root', 'EACCES']],
    [
      make('CACHE_CORRUPT', { file: '/root/.docker', problem: 'not JSON' }),
      ['/root', 'not JSON', 'dct forget'],
    ],
    [make('DISK_UNSAFE', { file: '/root/.docker', problem: 'a link' }), ['/root', 'a link', 'directory']],
    [make('BUG', { problem: 'stack' }), ['stack']],
    [
      make('CONFIG_INVALID', { file: '/root/.docker/config.json', path: 'auths', problem: 'not base64' }),
      ['/root', 'auths', 'base64'],
    ],
    [make('CREDENTIAL_HELPER', { helper: 'docker-credential-pass', problem: 'hangs' }), ['-pass', 'hangs']],
    [make('SERVER_URL_INVALID', { url: 'http://notary.internal', problem: 'plain' }), ['internal']],
  ])('%s', (error, words) => {
    const text = Buffer.from(errorAnswer(error as DctError).body).toString();
    for (const word of words) expect(text).not.toContain(word);
  });

  it('EX-02: nothing can repaint a terminal', () => {
    const error = make('NOT_METADATA', { url: 'https://n.test/\u001b[2J\u202e', problem: 'x' });
    expect(answerTo(error).message).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe('the next step', () => {
  const nextOf = (error: unknown): string | undefined => {
    const body = JSON.parse(Buffer.from(errorAnswer(error as DctError).body).toString()) as {
      errors: [{ detail: { next?: string } }];
    };
    return body.errors[0].detail.next;
  };
  const url = 'https://notary.test/v2/';
  const later = 'Try again later; if it stays like that, tell the operator of the proxy.';

  it.each<[unknown, string | undefined]>([
    [make('TIMEOUT', { origin: 'o', phase: 'p', seconds: 1 }), later],
    [make('ACCESS_DENIED', { url, status: 401, user: 'robot' }), later],
    [make('TLS', { origin: 'o', problem: 'p' }), later],
    [make('INTERRUPTED', {}), later],
    [make('PROXY_BUSY', { bound: 1 }), make('PROXY_BUSY', { bound: 1 }).next],
    [make('TRUST_NOT_CONFIRMED', { gun: 'g' }), 'Try again when the trust server answers.'],
    [make('NO_TRUST_DATA', { gun: 'g' }), make('NO_TRUST_DATA', { gun: 'g' }).next],
    [make('BUG', { problem: 'x' }), undefined],
    [make('REGISTRY_REFUSED', { url, status: 301, detail: '' }), undefined],
  ])('after "%s" is one for clients', (error, next) => {
    expect(nextOf(error)).toBe(next);
  });
});

it('names the tag once', () => {
  expect(answerTo(make('NO_TRUST_DATA', { gun: subject.gun })).message).toContain(
    `${subject.gun}:v1 is refused: `,
  );
  const unsigned = answerTo(make('NOT_SIGNED', { gun: subject.gun, tag: 'v1', roles: 'targets' })).message;
  expect(unsigned.split(`${subject.gun}:v1`)).toHaveLength(2);
});
