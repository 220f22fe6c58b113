// Credentials as Docker stores them (AU-13, AU-14): every key form, every helper that misbehaves.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askHelper } from '../../src/http/credential-helper.ts';
import { loadCredentials } from '../../src/http/docker-config.ts';
import { compiledScript } from '../disk/compiled.ts';

const root = mkdtempSync(join(tmpdir(), 'dct-config-'));
const bin = join(root, 'bin');
mkdirSync(bin);
afterAll(() => rmSync(root, { recursive: true, force: true }));
const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };

let count = 0;
function look(config: unknown, host: string): Promise<unknown> {
  const dir = join(root, String(++count));
  mkdirSync(dir);
  writeFileSync(join(dir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return loadCredentials({ dir, env })(host);
}

/** A credential helper that is this shell script. */
function helper(name: string, script: string): void {
  const file = join(bin, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const found = { kind: 'password', username: 'me', password: 'hidden' };
const stored = { auth: base64('me:hidden') };

describe('AU-14 the key', () => {
  it.each([
    ['registry.test', 'registry.test'],
    ['https://registry.test', 'registry.test'],
    ['http://registry.test', 'registry.test'],
    ['https://registry.test/v1/', 'registry.test'],
    ['https://registry.test/v2/', 'registry.test'],
    ['registry.test/v2/', 'registry.test'],
    ['registry.test:5000', 'registry.test:5000'],
    ['https://registry.test:5000/v2/', 'registry.test:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['https://registry-1.docker.io/v2/', 'docker.io'],
  ])('%s is for %s', async (key, host) => {
    expect(await look({ auths: { [key]: stored } }, host)).toEqual(found);
  });

  it.each([
    ['registry.test:5000', 'registry.test'],
    ['registry.test', 'registry.test:5000'],
    ['a.registry.test', 'registry.test'],
    ['registry.test', 'a.registry.test'],
    ['https://evil.test/registry.test', 'registry.test'],
    ['constructor', '__proto__'],
  ])('%s is not for %s', async (key, host) => {
    expect(await look({ auths: { [key]: stored } }, host)).toBeUndefined();
  });

  it('prefers the exact name', async () => {
    const auths = { 'https://registry.test/v1/': { auth: base64('other:x') }, 'registry.test': stored };
    expect(await look({ auths }, 'registry.test')).toEqual(found);
  });
});

describe('AU-14 the entry', () => {
  it.each([
    ['a password with a colon and UTF-8', { auth: base64('me:a:bß') }, { ...found, password: 'a:bß' }],
    ['a user of one letter', { auth: base64('m:hidden') }, { ...found, username: 'm' }],
    ['a password padded with NUL', { auth: base64('me:hidden\0\0') }, found],
    ['separate fields', { username: 'me', password: 'hidden' }, found],
    ['an identity token', { ...stored, identitytoken: 'id' }, { kind: 'identity', token: 'id' }],
    ['a registry token', { registrytoken: 'rt' }, { kind: 'access', token: 'rt' }],
    ['nothing', {}, undefined],
  ])('%s', async (_name, entry, expected) => {
    expect(await look({ auths: { 'registry.test': entry } }, 'registry.test')).toEqual(expected);
  });

  it('no file, no auths: anonymous', async () => {
    expect(await loadCredentials({ dir: join(root, 'none'), env })('registry.test')).toBeUndefined();
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(await loadCredentials({ dir: file, env })('registry.test')).toBeUndefined();
    expect(await look({}, 'registry.test')).toBeUndefined();
    expect(await look({ auths: null }, 'registry.test')).toBeUndefined();
  });

  it('reads the file anew each time', async () => {
    const dir = join(root, 'changing');
    mkdirSync(dir);
    const credentials = loadCredentials({ dir, env });
    expect(await credentials('registry.test')).toBeUndefined();
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ auths: { 'registry.test': stored } }));
    expect(await credentials('registry.test')).toEqual(found);
  });
});

describe('a file that cannot be used', () => {
  const entry = (value: unknown): unknown => ({ auths: { 'registry.test': value } });
  it.each([
    ['empty', ''],
    ['not JSON', '{"auths": {"registry.test": {"auth": "hidden'],
    ['an array', '[]'],
    ['auths twice', '{"auths":{},"auths":{}}'],
    ['auths is a list', { auths: [] }],
    ['an entry is a string', entry('hidden')],
    ['auth is a number', entry({ auth: 1 })],
    ['auth is not base64', entry({ auth: 'me:hidden' })],
    ['auth without a colon', entry({ auth: base64('hidden') })],
    ['auth without a user', entry({ auth: base64(':hidden') })],
    ['auth is not UTF-8', entry({ auth: Buffer.from([0x61, 0x3a, 0xff]).toString('base64') })],
    ['credsStore is a number', { credsStore: 1 }],
    ['credHelpers is a list', { credHelpers: [] }],
    ['a helper is a number', { credHelpers: { 'registry.test': 1 } }],
    ['beyond the bound', `{"x":"${'a'.repeat(5 << 20)}"}`],
  ])('%s', async (_name, config) => {
    const failure: unknown = await look(config, 'registry.test').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.stringify(failure) + String(failure) + String((failure as Error).cause)).not.toContain(
      'hidden',
    );
  });
});

describe('AU-13 credential helpers', () => {
  helper(
    'echo',
    `read server; printf '{"ServerURL":"%s","Username":"%s","Secret":"hidden"}' "$server" "$server"`,
  );
  helper('token', `cat >/dev/null; echo '{"Username":"<token>","Secret":"id"}'`);
  helper('nothing', `cat >/dev/null; echo 'credentials not found in native keychain'; exit 1`);
  helper('fails', `echo 'hidden'; exit 1`);
  helper('garbage', `echo 'hidden garbage'`);
  helper('empty', `exit 0`);
  helper('partial', `echo '{"Username":"hidden"}'`);
  helper('nosecret', `echo '{"Username":"me","Secret":""}'`);
  helper('endless', `cat /dev/zero`);
  helper('hangs', `exec sleep 60`);

  it('the one of the server, the one for all, with the name that Docker stores under', async () => {
    const config = {
      credsStore: 'token',
      credHelpers: { 'registry.test': 'echo', 'https://index.docker.io/v1/': 'echo' },
    };
    expect(await look(config, 'registry.test')).toMatchObject({
      username: 'registry.test',
      password: 'hidden',
    });
    expect(await look(config, 'docker.io')).toMatchObject({ username: 'https://index.docker.io/v1/' });
    expect(await look(config, 'other.test')).toEqual({ kind: 'identity', token: 'id' });
  });

  it('goes before what stands in the file, unless it has no name', async () => {
    const config = { credsStore: 'nothing', auths: { 'registry.test': stored } };
    expect(await look(config, 'registry.test')).toBeUndefined();
    expect(await look({ ...config, credsStore: '' }, 'registry.test')).toEqual(found);
  });

  it.each(['-option', '.hidden', 'a b', 'ä', ''])(
    '"%s" is not run, though there is such a program',
    async (name) => {
      helper(name, `echo '{"Username":"me","Secret":"hidden"}'`);
      await expect(askHelper({ name, server: 'registry.test', env })).rejects.toMatchObject({
        code: 'CREDENTIAL_HELPER',
      });
    },
  );

  it.each([
    'fails',
    'garbage',
    'empty',
    'partial',
    'nosecret',
    'endless',
    'hangs',
    'missing',
    '../../bin/sh',
    '-x',
    '',
  ])('%s is an error that repeats nothing', async (name) => {
    const failure: unknown = await askHelper({
      name,
      server: 'registry.test',
      env,
      deadlineMs: name === 'hangs' ? 50 : 5_000,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CREDENTIAL_HELPER' });
    expect(JSON.stringify(failure) + String(failure) + String((failure as Error).cause)).not.toContain(
      'hidden',
    );
  });

  it('is an error, and not the end of the process, when no file descriptor is left for one', async () => {
    const script = await compiledScript(
      `
        import { openSync } from 'node:fs';
        import { askHelper } from './src/http/credential-helper.js';
        const open = () => { for (;;) openSync('/dev/null'); };
        try { open(); } catch {}
        const asked = askHelper({ name: 'echo', server: 'registry.test', env: process.env, deadlineMs: 1 });
        await asked.catch(({ code }) => (process.exitCode = code === 'CREDENTIAL_HELPER' ? 47 : 1));
      `,
      ['src/base', 'src/http'],
    );
    const shell = ['-c', 'ulimit -n 64 && exec "$0" "$1"', process.execPath, script];
    expect(spawnSync('/bin/sh', shell, { env }).status).toBe(47);
  });
});
