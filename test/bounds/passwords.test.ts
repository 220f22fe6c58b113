// The proxy remembers outcomes of so many log-ins: guesses of one client push other ones out, and never grow the memory.
import { expect, it, vi } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Users } from '../../src/proxy/serve/users.ts';

// As quick as the test needs it, and counted: what is remembered is not checked again.
const checked = vi.hoisted(() => ({ passwords: [] as string[] }));
vi.mock(import('../../src/proxy/serve/password-hash.ts'), async (importOriginal) => ({
  ...(await importOriginal()),
  isPassword: (password: string) => Promise.resolve(checked.passwords.push(password) < 0),
}));

const basic = (password: string): string => `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;

it('limits.passwordsRemembered: the oldest outcome is forgotten', async () => {
  const hash = `scrypt$15$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  const users = await Users.open({
    file: '/users',
    read: () => Promise.resolve(Buffer.from(`ann:${hash}\n`)),
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    everyMs: 2 ** 30,
  });
  const guess = (n: number): Promise<unknown> =>
    users.identify(basic(`no ${n}`), '192.0.2.1').catch(() => 'refused');
  for (let n = 0; n < limits.passwordsRemembered; n++) await guess(n);
  expect(checked.passwords.splice(0)).toHaveLength(limits.passwordsRemembered);
  await guess(0);
  expect(checked.passwords.splice(0)).toEqual([]);
  await guess(limits.passwordsRemembered);
  await guess(0);
  expect(checked.passwords).toEqual([`no ${limits.passwordsRemembered}`, 'no 0']);
});
