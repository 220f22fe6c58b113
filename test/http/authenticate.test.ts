// Logging in: which server gets to see what (AU-01 to AU-06, ED-10, ED-11).
import { describe, expect, it } from 'vitest';
import {
  createAuthenticator,
  type Authenticator,
  type AuthenticatorOptions,
} from '../../src/http/authenticate.ts';
import type { Credentials } from '../../src/http/credentials.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { answer, get, scripted, type Recorded } from './support.ts';

const alice: Credentials = { kind: 'password', username: 'alice', password: 'hidden:pässword' };
const basic = `Basic ${Buffer.from('alice:hidden:pässword').toString('base64')}`;
const scope = 'repository:a/b:pull';
const content = get('https://registry.test/v2/a/b/manifests/x');
const bearer = (realm: string, more = ''): string => `Bearer realm="${realm}",service="registry.test"${more}`;

interface Setup {
  readonly authenticator: Authenticator;
  readonly transport: Recorded;
  readonly clock: { time: number };
}

/** A registry that wants `challenge` answered by `accepted`, and token servers that answer with `token`. */
function setup(
  challenge: string,
  options: {
    credentials?: Credentials;
    accepted?: (authorization: string | undefined, request: HttpRequest) => boolean;
    token?: (request: HttpRequest, count: number) => HttpResponse;
    more?: Partial<AuthenticatorOptions>;
  } = {},
): Setup {
  const clock = { time: 0 };
  let tokens = 0;
  const accepted = options.accepted ?? ((authorization) => authorization !== undefined);
  const transport = scripted((request) => {
    if (!request.url.pathname.startsWith('/v2/')) {
      return options.token?.(request, ++tokens) ?? answer(200, {}, `{"token":"t${++tokens}"}`);
    }
    return accepted(request.headers['authorization'], request)
      ? answer(200, {}, 'content')
      : answer(401, { 'www-authenticate': challenge });
  });
  const authenticator = createAuthenticator({
    transport,
    credentials: () => Promise.resolve(options.credentials),
    clock: { now: () => clock.time },
    resolve: () => Promise.resolve(['192.0.2.1', '2001:db8::1']),
    ...options.more,
  });
  return { authenticator, transport, clock };
}

/** What was asked: address, and the authorization that went with it. */
const log = ({ asked }: Recorded): (string | undefined)[][] =>
  asked.map(({ url, headers }) => [`${url.origin}${url.pathname}`, headers['authorization']]);
const tokenRequest = ({ asked }: Recorded): HttpRequest => {
  const found = asked.find(({ url }) => !url.pathname.startsWith('/v2/'));
  if (found === undefined) throw new Error('no token was asked for');
  return found;
};

describe('Basic', () => {
  it('credentials are sent when they are asked for, and from then on at once', async () => {
    const { authenticator, transport } = setup('Basic realm="x"', { credentials: alice });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    expect((await authenticator.send(content, scope)).status).toBe(200);
    expect(log(transport).map(([, authorization]) => authorization)).toEqual([undefined, basic, basic]);
  });

  it('without credentials the refusal is the answer', async () => {
    const { authenticator, transport } = setup('Basic realm="x"');
    expect((await authenticator.send(content, scope)).status).toBe(401);
    expect(transport.asked).toHaveLength(1);
  });

  it('AU-05 the same password is not tried twice', async () => {
    const { authenticator, transport } = setup('Basic realm="x"', {
      credentials: alice,
      accepted: () => false,
    });
    expect((await authenticator.send(content, scope)).status).toBe(401);
    expect(transport.asked).toHaveLength(2);
    expect((await authenticator.send(content, scope)).status).toBe(401);
    expect(transport.asked).toHaveLength(3);
  });

  it('is not sent to another origin, even after it was learned', async () => {
    const { authenticator, transport } = setup('Basic realm="x"', { credentials: alice });
    await authenticator.send(content, scope);
    transport.asked.length = 0;
    await authenticator.send(get('https://registry.test:444/v2/'), scope);
    expect(transport.asked[0]?.headers['authorization']).toBeUndefined();
  });
});

describe('Bearer', () => {
  it('AU-04 asks for our scope, not for the one in the challenge or in the realm', async () => {
    const challenge = bearer(
      'https://registry.test/token?scope=registry:catalog:*&account=root&x=1',
      ',scope="repository:other:pull,push"',
    );
    const { authenticator, transport } = setup(challenge, { credentials: alice });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    const { method, url, headers } = tokenRequest(transport);
    expect([method, url.pathname, headers['authorization']]).toEqual(['GET', '/token', basic]);
    expect([...url.searchParams]).toEqual([
      ['x', '1'],
      ['service', 'registry.test'],
      ['scope', scope],
      ['account', 'alice'],
    ]);
    expect(transport.asked.at(-1)?.headers['authorization']).toBe('Bearer t1');
  });

  it('exchanges an identity token by POST', async () => {
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), {
      credentials: { kind: 'identity', token: 'refresh&me' },
      token: () => answer(200, {}, '{"access_token":"fresh","expires_in":300}'),
    });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    const { method, url, body } = tokenRequest(transport);
    expect([method, url.search]).toEqual(['POST', '']);
    expect(Object.fromEntries(new URLSearchParams(Buffer.from(body ?? []).toString()))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'dct',
      scope,
      refresh_token: 'refresh&me',
      service: 'registry.test',
    });
    expect(transport.asked.at(-1)?.headers['authorization']).toBe('Bearer fresh');
  });

  it('uses an access token from the configuration as it is', async () => {
    const { authenticator, transport } = setup(bearer('https://evil.test/token'), {
      credentials: { kind: 'access', token: 'ready' },
    });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    expect(log(transport)).toEqual([
      [`https://registry.test/v2/a/b/manifests/x`, undefined],
      ['https://registry.test/v2/a/b/manifests/x', 'Bearer ready'],
    ]);
  });

  it('AU-03 the first scheme that we know is answered', async () => {
    const { authenticator, transport } = setup(
      `Negotiate, ${bearer('https://registry.test/token')}, Basic realm="x"`,
      { credentials: alice },
    );
    await authenticator.send(content, scope);
    expect(transport.asked.at(-1)?.headers['authorization']).toBe('Bearer t1');
  });

  it.each(['Bearer realm="a", realm="b"', `Basic realm="${'x'.repeat(20_000)}"`])(
    'AU-03 a malformed challenge is refused',
    async (challenge) => {
      const { authenticator } = setup(challenge, { credentials: alice });
      await expect(authenticator.send(content, scope)).rejects.toMatchObject({ code: 'CHALLENGE_REFUSED' });
    },
  );
});

describe('AU-01 the password goes', () => {
  it.each([
    ['to the same host', 'https://registry.test', 'https://registry.test/token', true],
    [
      'to Docker Hub, from its registry',
      'https://registry-1.docker.io',
      'https://auth.docker.io/token',
      true,
    ],
    ['to Docker Hub, from its notary', 'https://notary.docker.io', 'https://auth.docker.io/token', true],
    ['to a host in the configuration', 'https://registry.test', 'https://login.test/token', true],
    ['to one at a private address', 'https://registry.test', 'https://10.0.0.1/token', true],
    ['not to another host', 'https://registry.test', 'https://evil.test/token', false],
    ['not to a host below', 'https://registry.test', 'https://a.registry.test/token', false],
    [
      'not to a neighbour in the same domain',
      'https://one.cloud.test',
      'https://two.cloud.test/token',
      false,
    ],
    ['not to Docker Hub, from elsewhere', 'https://registry.test', 'https://auth.docker.io/token', false],
    [
      'not to another port of a public host',
      'https://registry.test',
      'https://registry.test:8443/token',
      false,
    ],
    ['to another port of this machine', 'http://localhost:5000', 'http://localhost:5001/token', true],
    ['to another port of a private address', 'https://10.0.0.1', 'https://10.0.0.1:5001/token', true],
    ['not to another port of a listed host', 'https://registry.test', 'https://login.test:444/token', false],
  ])('%s', async (_name, server, realm, sent) => {
    const { authenticator, transport } = setup(bearer(realm), {
      credentials: alice,
      more: { realms: ['login.test', '10.0.0.1'].map((host) => ({ server: 'registry.test', realm: host })) },
    });
    expect((await authenticator.send(get(`${server}/v2/x`), scope)).status).toBe(200);
    const { headers, url, reach } = tokenRequest(transport);
    expect(headers['authorization']).toBe(sent ? basic : undefined);
    expect(url.searchParams.has('account')).toBe(sent);
    expect(reach).toBe(sent ? undefined : 'public');
  });

  it('and neither does an identity token', async () => {
    const { authenticator, transport } = setup(bearer('https://evil.test/token'), {
      credentials: { kind: 'identity', token: 'hidden' },
    });
    await authenticator.send(content, scope);
    expect(
      JSON.stringify(
        transport.asked.map(({ url, headers, body }) => [
          url.href,
          headers,
          Buffer.from(body ?? []).toString(),
        ]),
      ),
    ).not.toContain('hidden');
  });
});

describe('AU-02 a realm that is not asked at all', () => {
  it.each([
    'http://registry.test/token',
    'http://evil.test/token',
    'file:///etc/passwd',
    'ftp://registry.test/',
    'https://127.0.0.1/token',
    'https://10.0.0.1/token',
    'https://169.254.169.254/latest',
    'https://[::1]/token',
    'https://[2002:7f00:1::]/token',
    'https://[64:ff9b::7f00:1]/token',
    'https://alice@registry.test/token',
    'https://a:b@registry.test/token',
    'https://:b@registry.test/token',
    '/token',
    '',
  ])('%s', async (realm) => {
    // A public address stands for a public server; names are judged when they are connected to.
    const { authenticator, transport } = setup(bearer(realm), { credentials: alice });
    const sent = authenticator.send(
      realm.includes('://1') || realm.includes('[') ? get('https://192.0.3.1/v2/x') : content,
      scope,
    );
    await expect(sent).rejects.toMatchObject({ code: 'CHALLENGE_REFUSED' });
    expect(transport.asked).toHaveLength(1);
  });

  it('a private token server of a public name is out of reach', async () => {
    const { authenticator, transport } = setup(bearer('https://inner.test/token'));
    await authenticator.send(content, scope);
    expect(tokenRequest(transport).reach).toBe('public');
  });
});

it('AU-02 a private server may name a private neighbour, who sees no password', async () => {
  const { authenticator, transport } = setup(bearer('https://10.0.0.2/token'), { credentials: alice });
  expect((await authenticator.send(get('https://10.0.0.1/v2/x'), scope)).status).toBe(200);
  const { headers, reach } = tokenRequest(transport);
  expect([headers['authorization'], reach]).toEqual([undefined, 'private']);
});

describe('AU-05 one re-authentication', () => {
  it('a token that is refused at once is not fetched again', async () => {
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), {
      credentials: alice,
      accepted: () => false,
    });
    expect((await authenticator.send(content, scope)).status).toBe(401);
    expect(log(transport).map(([url]) => url)).toEqual([
      content.url.href,
      'https://registry.test/token',
      content.url.href,
    ]);
  });

  it('nor one that was fetched for a challenge from before', async () => {
    const other = 'repository:a/b:*';
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), {
      credentials: alice,
      accepted: (authorization) => authorization === 'Bearer t1',
    });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    transport.asked.length = 0;
    expect((await authenticator.send(content, other)).status).toBe(401);
    expect(log(transport).map(([url]) => url)).toEqual(['https://registry.test/token', content.url.href]);
  });

  it('unless the server names another token server now', async () => {
    const realms = ['https://registry.test/old', 'https://registry.test/new'];
    const transport = scripted((request) => {
      if (!request.url.pathname.startsWith('/v2/'))
        return answer(200, {}, `{"token":"${request.url.pathname.slice(1)}"}`);
      const [realm = ''] = realms;
      return request.headers['authorization'] === `Bearer ${realm.slice('https://registry.test/'.length)}`
        ? answer(200)
        : answer(401, { 'www-authenticate': bearer(realm) });
    });
    const authenticator = createAuthenticator({
      transport,
      credentials: () => Promise.resolve(alice),
      clock: { now: () => 0 },
    });
    expect((await authenticator.send(content, scope)).status).toBe(200);
    realms.shift();
    expect((await authenticator.send(content, 'repository:a/b:*')).status).toBe(200);
  });

  it('a remembered token that is refused is replaced once', async () => {
    let revoked = '';
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), {
      credentials: alice,
      accepted: (authorization) => authorization !== undefined && authorization !== revoked,
    });
    await authenticator.send(content, scope);
    revoked = 'Bearer t1';
    expect((await authenticator.send(content, scope)).status).toBe(200);
    expect(transport.asked.at(-1)?.headers['authorization']).toBe('Bearer t2');
  });

  it('403 is final', async () => {
    const transport = scripted(() =>
      answer(403, { 'www-authenticate': bearer('https://registry.test/token') }),
    );
    const authenticator = createAuthenticator({
      transport,
      credentials: () => Promise.resolve(alice),
      clock: { now: () => 0 },
    });
    expect((await authenticator.send(content, scope)).status).toBe(403);
    expect(transport.asked).toHaveLength(1);
  });
});

describe('AU-06 a token is used', () => {
  const counting = (transport: Recorded): number =>
    transport.asked.filter(({ url }) => url.pathname === '/token').length;

  it('again for the same scope, not for another', async () => {
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), { credentials: alice });
    await authenticator.send(content, scope);
    await authenticator.send(content, scope);
    expect(counting(transport)).toBe(1);
    await authenticator.send(content, 'repository:other:pull');
    expect(counting(transport)).toBe(2);
  });

  it('not after the user changed', async () => {
    let user: Credentials = alice;
    const { authenticator, transport } = setup(bearer('https://registry.test/token'), {
      more: { credentials: () => Promise.resolve(user) },
    });
    await authenticator.send(content, scope);
    user = { kind: 'password', username: 'bob', password: 'b' };
    await authenticator.send(content, scope);
    expect(counting(transport)).toBe(2);
  });

  it.each([
    ['60 s without expires_in', '', 60],
    ['as long as it says', ',"expires_in":300', 300],
    ['60 s when it says less', ',"expires_in":1', 60],
    ['60 s when it says nothing sensible', ',"expires_in":-1', 60],
    ['60 s when it says a string', ',"expires_in":"300"', 60],
    ['an hour when it says for ever', ',"expires_in":1e12', 3600],
    ['by our clock, not by issued_at', ',"expires_in":300,"issued_at":"2999-01-01T00:00:00Z"', 300],
  ])('ED-11 %s', async (_name, more, seconds) => {
    const { authenticator, transport, clock } = setup(bearer('https://registry.test/token'), {
      token: () => answer(200, {}, `{"token":"t"${more}}`),
    });
    await authenticator.send(content, scope);
    clock.time = seconds * 1000 - 5_001;
    await authenticator.send(content, scope);
    expect(counting(transport)).toBe(1);
    clock.time = seconds * 1000 - 5_000;
    await authenticator.send(content, scope);
    expect(counting(transport)).toBe(2);
  });
});

describe('ED-11 what a token server says', () => {
  it.each([
    ['HTML', answer(200, {}, '<html>'), 'CHALLENGE_REFUSED'],
    ['an array', answer(200, {}, '[]'), 'CHALLENGE_REFUSED'],
    ['null', answer(200, {}, 'null'), 'CHALLENGE_REFUSED'],
    ['no token', answer(200, {}, '{}'), 'CHALLENGE_REFUSED'],
    ['an empty token', answer(200, {}, '{"token":""}'), 'CHALLENGE_REFUSED'],
    ['a token with CRLF', answer(200, {}, String.raw`{"token":"a\r\nX-Evil: 1"}`), 'CHALLENGE_REFUSED'],
    ['a token that is a number', answer(200, {}, '{"token":1}'), 'CHALLENGE_REFUSED'],
    ['a token of 1 MB', answer(200, {}, `{"token":"${'a'.repeat(1_000_000)}"}`), 'LIMIT'],
    ['401', answer(401), 'ACCESS_DENIED'],
    ['403', answer(403), 'ACCESS_DENIED'],
    ['404', answer(404), 'CHALLENGE_REFUSED'],
    ['a redirect', answer(302, { location: 'https://evil.test/' }), 'CHALLENGE_REFUSED'],
    ['429', answer(429, { 'retry-after': '1000000000' }), 'SERVER_ERROR'],
    ['500', answer(500), 'SERVER_ERROR'],
    ['503', answer(503), 'SERVER_ERROR'],
  ])('%s', async (_name, response, code) => {
    const { authenticator } = setup(bearer('https://registry.test/token'), {
      credentials: alice,
      token: () => response,
    });
    const failure: unknown = await authenticator.send(content, scope).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('hidden');
  });
});
