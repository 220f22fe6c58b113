// The command line's grammar: what is refused before anything is opened, and in which words.
import { describe, expect, it } from 'vitest';
import { errorOf, run } from './support.ts';

describe('help', () => {
  it.each([
    { argv: ['--help'] },
    { argv: ['-h'] },
    { argv: ['sign', '--help'] },
    { argv: ['key', '--help'] },
    { argv: ['key', 'generate', '--help'] },
  ])('dct $argv is a result', async ({ argv }) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: dct /);
  });

  it('names the commands that exist, and no others', async () => {
    const { stdout } = await run(['--help']);
    const [, commands = ''] = stdout.split('Commands:\n');
    const names = [...commands.matchAll(/^ {2}([a-z]+)/gmu)].map(([, name]) => name);
    expect(names).toEqual([
      'sign',
      'publish',
      'resolve',
      'verify',
      'inspect',
      'list',
      'key',
      'signer',
      'delegation',
      'witness',
      'revoke',
      'pin',
      'forget',
      'proxy',
      'doctor',
      'policy',
      'sandbox',
      'demo',
      'completion',
    ]);
  });

  it('every command explains the common options too', async () => {
    expect((await run(['sign', '--help'])).stdout).toContain('--tlscacert');
  });

  it('the version is a result', async () => {
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('refusals', () => {
  it.each([
    { argv: [], cause: 'a command is missing after `dct`' },
    { argv: ['key'], cause: 'a command is missing after `dct key`' },
    { argv: ['sing', 'a:1'], cause: "dct: unknown command 'sing'", next: 'Did you mean sign?' },
    { argv: ['unsign', 'a:1'], cause: "dct: unknown command 'unsign'" },
    { argv: ['help'], cause: "dct: unknown command 'help'" },
    {
      argv: ['list', 'a', '--jsno'],
      cause: "dct list: unknown option '--jsno'",
      next: 'Did you mean --json?',
    },
    { argv: ['list'], cause: "dct list: missing required argument 'image'" },
    {
      argv: ['resolve', 'a:1', 'b:1'],
      cause: "dct resolve: too many arguments for 'resolve'. Expected 1 argument but got 2",
    },
    { argv: ['sign', 'a:1', '--digest'], cause: 'argument missing' },
    { argv: ['list', 'a', '--server'], cause: 'argument missing' },
    { argv: ['list', '\u001b[2Ja'], cause: '\\u001b[2Ja' },
  ])('dct $argv', async ({ argv, cause, next }) => {
    const plain = await run(argv, { services: {} });
    expect(plain).toMatchObject({ code: 2, stdout: '' });
    expect(plain.stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
    expect(plain.stderr).toContain(cause);
    if (next !== undefined) expect(plain.stderr).toContain(next);
    expect(errorOf(await run(['--json', ...argv], { services: {} })).code).toMatch(
      /^(USAGE|REFERENCE_INVALID)$/,
    );
  });

  it('--json after -- is an argument, not an option', async () => {
    expect((await run(['list', '--', '--json'])).stderr).toMatch(/^dct: /);
  });
});

describe('image arguments', () => {
  it.each([
    { argv: ['sign', 'example.test/a'], code: 'USAGE', says: 'sign needs a tag' },
    { argv: ['resolve', 'example.test/a'], code: 'USAGE', says: 'resolve needs a tag' },
    { argv: ['sign', `example.test/a@sha256:${'a'.repeat(64)}`], code: 'USAGE', says: 'names a digest' },
    { argv: ['resolve', `example.test/a:1@sha256:${'a'.repeat(64)}`], code: 'USAGE', says: 'names a digest' },
    { argv: ['verify', 'example.test/a@sha256:12'], code: 'REFERENCE_INVALID', says: 'digest' },
    { argv: ['inspect', `example.test/a@sha256:${'a'.repeat(64)}`], code: 'USAGE', says: 'names a digest' },
    { argv: ['list', 'example.test/a:1'], code: 'USAGE', says: 'names a tag' },
    { argv: ['sign', 'example.test/A:1'], code: 'REFERENCE_INVALID', says: 'lower case' },
    { argv: ['sign', 'example.test/a:1', 'example.test/b:-'], code: 'REFERENCE_INVALID', says: 'not a tag' },
    {
      argv: ['sign', 'example.test/a:1', '--digest', 'sha256:12'],
      code: 'DIGEST_INVALID',
      says: 'not a digest',
    },
    {
      argv: ['sign', 'example.test/a:1', 'example.test/b:1', '--digest', `sha256:${'a'.repeat(64)}`],
      code: 'USAGE',
      says: 'one repository',
    },
    { argv: ['proxy'], code: 'USAGE', says: 'a registry is missing' },
    { argv: ['proxy', '--registry', 'a/b'], code: 'USAGE', says: 'not HOST[:PORT]' },
    { argv: ['proxy', '--registry', 'a', '--workers', 'many'], code: 'USAGE', says: 'from 1 to 64' },
    { argv: ['proxy', '--registry', 'a', '--workers', '65'], code: 'USAGE', says: 'from 1 to 64' },
    { argv: ['proxy', '--registry', 'a', '--listen', '5001'], code: 'USAGE', says: 'not HOST:PORT' },
    {
      argv: ['proxy', '--registry', 'a', '--listen', '127.0.0.1:70000'],
      code: 'USAGE',
      says: 'not HOST:PORT',
    },
    {
      argv: ['proxy', '--registry', 'a', '--refresh', '1.5'],
      code: 'USAGE',
      says: 'not a number of seconds',
    },
    { argv: ['list', 'a', '--insecure-registry', 'http://a'], code: 'USAGE', says: 'not a registry host' },
  ])('dct $argv', async ({ argv, code, says }) => {
    const outcome = await run([...argv, '--json'], { services: {} });
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(outcome)).toMatchObject({ code, message: expect.stringContaining(says) as string });
  });

  it.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:80', 'proxy.example.test:80'])(
    'PX-13: the proxy does not listen on %s without TLS, unless told so',
    async (listen) => {
      const outcome = await run(['proxy', '--registry', 'a', '--listen', listen, '--json'], { services: {} });
      expect(outcome.code).toBe(2);
      expect(errorOf(outcome).next).toContain('--allow-plain-http');
    },
  );
});
