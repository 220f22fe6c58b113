// The options with which `dct proxy` is operated: what is refused before a port is open, and what reaches the server.
import { describe, expect, it } from 'vitest';
import { run } from './support.ts';

const proxy = ['proxy', '--registry', 'a.test', '--no-cache', '--json'];
const errorOf = (stderr: string): unknown => JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as unknown;

describe('PX-13: dct proxy refuses', () => {
  it.each([
    ['half a pair', ['--tls-cert', 'c.pem'], 'USAGE'],
    ['certificates of clients without TLS', ['--client-ca', 'ca.pem'], 'USAGE'],
    ['an admin address that is none', ['--admin-listen', 'here'], 'USAGE'],
    ['a drain that is no number', ['--drain', 'soon'], 'USAGE'],
    ['a certificate that is not there', ['--tls-cert', 'c.pem', '--tls-key', 'k.pem'], 'DISK'],
    ['a list of users that is not there', ['--users', 'users'], 'DISK'],
  ])('%s', async (_what, options, code) => {
    const { stdout, stderr } = await run([...proxy, ...options], { services: {} });
    expect(stdout).toBe('');
    expect(JSON.stringify(errorOf(stderr))).toContain(`"${code}"`);
  });

  it('a bound that would serve nobody, and one that there is not', async () => {
    for (const limits of [{ connections: 0 }, { conections: 5 }, { headMs: 1.5 }]) {
      const files = { '/home/user/.config/dct/config.json': JSON.stringify({ proxy: { limits } }) };
      const { code, stderr } = await run(proxy, { services: {}, files });
      expect([code, JSON.stringify(errorOf(stderr)).includes('CONFIG_INVALID')]).toEqual([2, true]);
    }
  });
});

it('dct proxy user prints a line that is no password', async () => {
  const files = { '/project/secret': 'correct horse\n' };
  const { code, stdout } = await run(['proxy', 'user', 'ann', '--password-file', 'secret'], {
    services: {},
    files,
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ann:scrypt\$15\$8\$1\$[\w-]{22}\$[\w-]{43}\n$/);
});

it.each(['', '\n', 'one\ntwo\n', 'tab\there'])(
  'dct proxy user refuses the password file %j',
  async (text) => {
    const args = ['proxy', 'user', 'ann', '--password-file', 'secret'];
    const { code, stdout } = await run(args, { services: {}, files: { '/project/secret': text } });
    expect([code, stdout]).toEqual([2, '']);
  },
);
