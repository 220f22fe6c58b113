// Who we are to a Notary server: NOTARY_AUTH goes to the one that was named, and to nobody else (AU-13).
import { describe, expect, it } from 'vitest';
import { notaryAccounts } from '../../src/cli/notary-account.ts';
import type { Credentials } from '../../src/http/credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const named = 'https://notary.test:4443';
const stored: Credentials = { kind: 'password', username: 'stored', password: 'in Docker' };

function accounts(variable: string | undefined, known: Readonly<Record<string, Credentials>> = {}) {
  const warnings: string[] = [];
  const account = notaryAccounts({
    env: { NOTARY_AUTH: variable },
    settings: { namedNotary: named },
    credentials: (host) => Promise.resolve(known[host]),
    notices: { warn: (line) => void warnings.push(line) },
  });
  return { warnings, account: (url: string) => account(new URL(url)) };
}

describe('the account of a Notary server', () => {
  it.each([
    ['is looked up under its host and port', `${named}/path/`, 'notary.test:4443'],
    ['without the port of https', 'https://notary.test:443/', 'notary.test'],
    ["is Docker Hub's for Docker Hub's", 'https://notary.docker.io/', 'docker.io'],
  ])('%s', async (_name, url, host) => {
    expect(await accounts(undefined, { [host]: stored }).account(url)).toBe(stored);
  });

  it.each([
    ['the registry on another port', 'notary.test:5000'],
    ['the registry without a port', 'notary.test'],
  ])('is not that of %s', async (_name, host) => {
    expect(await accounts(undefined, { [host]: stored }).account(named)).toBeUndefined();
  });
});

describe('NOTARY_AUTH', () => {
  it.each([
    ['user and password', 'me:hidden', 'hidden'],
    ['a password with a colon and UTF-8', 'me:a:bß', 'a:bß'],
    ['the newline of echo, as notary does', 'me:hidden\n', 'hidden'],
    ['no password', 'me:', ''],
  ])('%s', async (_name, text, password) => {
    const { account, warnings } = accounts(base64(text), { 'notary.test:4443': stored });
    expect(await account(`${named}/path/`)).toEqual({ kind: 'password', username: 'me', password });
    expect(warnings).toEqual([]);
  });

  it('of several lines, as base64 prints them', async () => {
    const text = `me:${'x'.repeat(80)}`;
    const [first, second] = [base64(text).slice(0, 76), base64(text).slice(76)];
    await expect(accounts(`${first}\n${second}`).account(named)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await accounts(`${base64(text)}\n`).account(named)).toMatchObject({ password: 'x'.repeat(80) });
  });

  it.each([
    'https://notary.test',
    'https://notary.test:4444',
    'https://evil.test:4443',
    'https://notary.docker.io',
  ])('is not for %s, and this is said once', async (url) => {
    const { account, warnings } = accounts(base64('me:hidden'));
    expect(await account(url)).toBeUndefined();
    expect(await account(url)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(`not sent to ${url}`)]);
    expect(warnings.join()).not.toContain('hidden');
  });

  it('is not missed by a server with an account of its own', async () => {
    const { account, warnings } = accounts(base64('me:hidden'), { 'other.test': stored });
    expect(await account('https://other.test')).toBe(stored);
    expect(warnings).toEqual([]);
  });

  it.each(['me:hidden', base64('hidden'), base64(':hidden'), `${base64('me:hidden')}!`])(
    'in another form is an error that repeats nothing',
    async (variable) => {
      const failure: unknown = await accounts(variable)
        .account(named)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'USAGE' });
      expect(JSON.stringify(failure) + String(failure)).not.toMatch(/hidden|bWU6/);
    },
  );

  it('that is empty counts as unset', async () => {
    const { account, warnings } = accounts('');
    expect(await account(named)).toBeUndefined();
    expect(warnings).toEqual([]);
  });
});
