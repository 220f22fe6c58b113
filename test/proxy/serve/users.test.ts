// Users of the proxy's own: a challenge that clients understand, constant work for any password, and a list that changes.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { hashPassword, Users } from '../../../src/proxy/index.ts';
import { parsePasswordHash } from '../../../src/proxy/serve/password-hash.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { errorOf, host, startRig } from '../fakes.ts';
import { sendRaw, type RawAnswer } from '../raw.ts';

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const line = `ann:${await hashPassword('correct horse')}`;
const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };

async function open(text: { value: string }): Promise<Users> {
  const read = (): Promise<Uint8Array> => Promise.resolve(Buffer.from(text.value));
  return Users.open({ file: '/etc/dct/users', read, notices, everyMs: 2 ** 30 });
}

describe('a proxy with users', () => {
  it('challenges with Basic on every path, /v2/ included, and asks nobody else', async () => {
    const { url, trust, decisions } = await startRig({ users: await open({ value: line }) });
    for (const path of ['/v2/', '/v2/app/manifests/v1', '/nothing']) {
      const response = await fetch(`${url}${path}`);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="dct proxy", charset="UTF-8"',
      ]);
      expect((await errorOf(response)).code).toBe('UNAUTHORIZED');
    }
    expect(trust.updates).toEqual([]);
    await expect.poll(() => decisions[0]).toMatchObject({ verdict: 'refused', reason: 'CLIENT_UNKNOWN' });
  });

  it('lets the right password in, tells the name, and never the header', async () => {
    const { url, decisions, lines } = await startRig({ users: await open({ value: `# us\n\n${line}\n` }) });
    const authorization = basic('ann', 'correct horse');
    for (let i = 0; i < 2; i++) {
      expect((await fetch(`${url}/v2/`, { headers: { authorization } })).status).toBe(200);
    }
    expect(decisions.map(({ user }) => user)).toEqual(['ann', 'ann']);
    expect(lines.join('')).not.toContain(authorization.slice(6));
  });

  it('is an HTTP proxy to who uses it as one: 407, and a header apart from that for the registry (RFC 9110 11.7)', async () => {
    const { port, trust, decisions } = await startRig({ users: await open({ value: line }) });
    const ask = (...headers: string[]): Promise<RawAnswer> =>
      sendRaw(
        port,
        `GET http://${host}/v2/ HTTP/1.1\r\nHost: ${host}\r\n${headers.map((header) => `${header}\r\n`).join('')}Connection: close\r\n\r\n`,
      );
    const right = basic('ann', 'correct horse');
    for (const headers of [
      [],
      [`Authorization: ${right}`],
      [`Proxy-Authorization: ${basic('ann', 'no')}`, `Authorization: ${right}`],
    ]) {
      const { status, headers: got, text } = await ask(...headers);
      expect([status, got.get('proxy-authenticate'), got.has('www-authenticate')]).toEqual([
        407,
        'Basic realm="dct proxy", charset="UTF-8"',
        false,
      ]);
      expect(text).toContain('HTTP_PROXY=http://NAME:PASSWORD@HOST:PORT');
    }
    expect(trust.updates).toEqual([]);
    const served = await ask(`Proxy-Authorization: ${right}`, `Authorization: ${basic('robot', 'other')}`);
    expect(served.status).toBe(200);
    await expect.poll(() => decisions).toHaveLength(4);
    expect(decisions.map(({ user, status }) => [user, status])).toEqual([
      ...[1, 2, 3].map(() => [undefined, 407]),
      ['ann', 200],
    ]);
  });

  it('asks as a registry where the target is in origin-form, whatever a proxy was told', async () => {
    const { url } = await startRig({ users: await open({ value: line }) });
    const headers = { 'proxy-authorization': basic('ann', 'correct horse') };
    expect((await fetch(`${url}/v2/`, { headers })).status).toBe(401);
  });

  const wrong = 'the name or the password is wrong';
  const nothing = 'it gave no name and password';
  it.each([
    ['a wrong password', basic('ann', 'wrong'), wrong],
    ['an unknown name', basic('bob', 'correct horse'), wrong],
    ['no colon', `Basic ${Buffer.from('ann').toString('base64')}`, nothing],
    ['another scheme', 'Bearer abc', nothing],
    ['more than a password', `Basic ${'A'.repeat(8000)}`, nothing],
    ['nothing', undefined, nothing],
  ])('refuses %s', async (_what, authorization, problem) => {
    const users = await open({ value: line });
    await expect(users.identify(authorization, '192.0.2.1')).rejects.toMatchObject({
      code: 'CLIENT_UNKNOWN',
      facts: { problem },
    });
  });

  it('checks one password once, however many requests of one engine show it at the same time', async () => {
    const users = await open({ value: line });
    const attempts = Array.from({ length: 20 }, () =>
      users.identify(basic('ann', 'correct horse'), '192.0.2.1'),
    );
    expect(new Set(await Promise.all(attempts))).toEqual(new Set(['ann']));
    await expect(users.identify(basic('ann', 'no'), '192.0.2.1')).rejects.toMatchObject({
      code: 'CLIENT_UNKNOWN',
    });
  });

  it('checks only so many passwords of one client at once', async () => {
    const users = await open({ value: line });
    const attempts = Array.from({ length: 6 }, (_, i) =>
      users.identify(basic('ann', `no ${i}`), '192.0.2.1'),
    );
    const codes = (await Promise.allSettled(attempts)).map(
      (outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code,
    );
    expect(codes.filter((code) => code === 'CLIENT_UNKNOWN')).toHaveLength(2);
    expect(codes.filter((code) => code === 'PROXY_BUSY')).toHaveLength(4);
  });

  it('checks only so many of all clients together', async () => {
    const users = await open({ value: line });
    const attempts = Array.from({ length: limits.passwordChecks + 3 }, (_, i) =>
      users.identify(basic('ann', `no ${i}`), `192.0.2.${i}`),
    );
    const outcomes = await Promise.all(attempts.map(codeOfRejection));
    expect(outcomes.filter((code) => code === 'CLIENT_UNKNOWN')).toHaveLength(limits.passwordChecks);
    expect(outcomes.filter((code) => code === 'PROXY_BUSY')).toHaveLength(3);
    expect(await users.identify(basic('ann', 'correct horse'), '192.0.2.1')).toBe('ann');
  });
});

describe('KS-03: a hash', () => {
  it.each([
    ['of the work that is usual', '15$8$1', true],
    ['of the least work', '14$1$1', true],
    ['of less', '13$8$1', false],
    ['without blocks', '15$0$1', false],
    ['without a round', '15$8$0', false],
    ['of the most work', '18$8$1', true],
    ['of more memory', '18$9$1', false],
    ['of more rounds', '18$8$2', false],
    ['of more still', '20$8$1', false],
  ])('%s: %s is taken: %s', (_what, cost, taken) => {
    const text = `scrypt$${cost}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    expect(parsePasswordHash(text) !== undefined).toBe(taken);
  });
});

describe('the list', () => {
  it('is replaced while it runs, and stays as it was while it is wrong', async () => {
    const text = { value: line };
    const users = await open(text);
    const ask = (name: string): Promise<string> => users.identify(basic(name, 'correct horse'), '192.0.2.1');
    expect(await ask('ann')).toBe('ann');
    text.value = 'ann:forgotten';
    await users.check();
    expect(await ask('ann')).toBe('ann');
    text.value = line.replace('ann:', 'eve:');
    await users.check();
    await expect(ask('ann')).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
    expect(await ask('eve')).toBe('eve');
  });

  it.each([
    ['a password in place of a hash', 'ann:secret', 'line 1'],
    ['no name', line.replace('ann', ''), 'line 1'],
    ['more work than allowed', line.replace('$15$8$', '$20$8$'), 'line 1'],
    ['no work at all', line.replace('$15$8$', '$01$8$'), 'line 1'],
    ['the same name twice', `${line}\n${line}`, 'line 2'],
    ['nobody', '# nobody', 'lines'],
  ])('KS-03: with %s is refused without repeating it', async (_what, value, path) => {
    const failure = await open({ value }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', facts: { path } });
    expect((failure as Error).message).not.toContain('secret');
  });
});
