// Tokens that are shared: one question at a time, each waiting for itself, and never more of them than fit.
import { describe, expect, it } from 'vitest';
import { createTokenSource, type TokenQuestion, type TokenSource } from '../../src/http/bearer.ts';
import type { Credentials } from '../../src/http/credentials.ts';
import { limits } from '../../src/base/limits.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { answer, scripted, type Recorded } from './support.ts';

const url = new URL('https://registry.test/token');
const alice: Credentials = { kind: 'password', username: 'alice', password: 'secret' };

function question(scope: string, credentials: Credentials | undefined = alice): TokenQuestion {
  return {
    server: new URL('https://registry.test/v2/'),
    realm: { url, maySeeCredentials: true },
    service: 'registry.test',
    scope,
    credentials,
  };
}

/** Tokens are t1, t2 and so on. */
function source(respond?: (count: number) => HttpResponse): { tokens: TokenSource; transport: Recorded } {
  let count = 0;
  const transport = scripted(() => {
    count++;
    return respond?.(count) ?? answer(200, {}, `{"token":"t${count}"}`);
  });
  return { transport, tokens: createTokenSource({ transport, clock: { now: () => 0 } }) };
}

describe('at the same moment', () => {
  it('many who need the same token ask for it once', async () => {
    const { tokens, transport } = source();
    const got = await Promise.all(
      Array.from({ length: 20 }, () => tokens.token(question('repository:a:pull'))),
    );
    expect([new Set(got), transport.asked.length]).toEqual([new Set(['t1']), 1]);
  });

  it.each([
    ['another repository', question('repository:b:pull')],
    ['another user', question('repository:a:pull', { ...alice, username: 'bob' })],
    ['another password', question('repository:a:pull', { ...alice, password: 'other' })],
    ['nobody', { ...question('repository:a:pull'), credentials: undefined }],
    ['another service', { ...question('repository:a:pull'), service: 'other' }],
  ])('AU-06 %s is another question', async (_name, other) => {
    const { tokens, transport } = source();
    const got = await Promise.all([tokens.token(question('repository:a:pull')), tokens.token(other)]);
    expect([got, transport.asked.length, tokens.isSame(question('repository:a:pull'), other)]).toEqual([
      ['t1', 't2'],
      2,
      false,
    ]);
  });

  it('a failure is everybody’s, and forgotten', async () => {
    const { tokens } = source((count) => (count === 1 ? answer(503) : answer(200, {}, '{"token":"late"}')));
    const both = await Promise.allSettled([tokens.token(question('s')), tokens.token(question('s'))]);
    expect(both).toMatchObject([{ reason: { code: 'SERVER_ERROR' } }, { reason: { code: 'SERVER_ERROR' } }]);
    expect(await tokens.token(question('s'))).toBe('late');
  });

  it('one who leaves takes nothing from the others', async () => {
    const { tokens, transport } = source();
    const given = new AbortController();
    const leaving = tokens.token(question('s'), given.signal);
    const staying = tokens.token(question('s'), new AbortController().signal);
    given.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'CUT_OFF' });
    expect([await staying, transport.asked.length]).toEqual(['t1', 1]);
    await expect(tokens.token(question('other'), given.signal)).rejects.toMatchObject({ code: 'CUT_OFF' });
  });
});

describe('AU-05 a refused token', () => {
  it('is forgotten; the one that has taken its place is not', async () => {
    const { tokens } = source();
    const first = await tokens.token(question('s'));
    tokens.forget(question('s'), first);
    expect(tokens.remembers(question('s'))).toBe(false);
    const second = await tokens.token(question('s'));
    // Somebody else's request was on its way with the first one all the time.
    tokens.forget(question('s'), first);
    expect([second, await tokens.token(question('s'))]).toEqual(['t2', 't2']);
  });
});

describe('ED-11 the number of tokens', () => {
  it('is bounded; the oldest makes room', async () => {
    const { tokens } = source();
    for (let i = 0; i <= limits.tokens; i++) await tokens.token(question(`repository:r${i}:pull`));
    const known = [0, 1, limits.tokens].map((i) => tokens.remembers(question(`repository:r${i}:pull`)));
    expect(known).toEqual([false, true, true]);
  });
});

describe('a mere login', () => {
  it('asks for a token without a scope', async () => {
    const { tokens, transport } = source();
    await tokens.token(question(''));
    expect([...(transport.asked[0]?.url.searchParams.keys() ?? [])]).toEqual(['service', 'account']);
  });
});
