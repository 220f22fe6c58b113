// KS-09, KS-10: passphrases that are handed over count byte by byte, and no secret is ever shown, logged or left behind.
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { passphrasePlaces } from '../../src/cli/passphrase-places.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { passphrase, vector } from '../keystore/vectors.ts';
import { keyRig, type KeyRig } from './key-rig.ts';
import { errorOf, fakeIo } from './support.ts';

const alice = vector('docker-alice');
const plain = vector('plain-traditional-p256');
let rig: KeyRig;

beforeEach(async () => {
  rig = await keyRig();
  await rig.write('alice.pem', alice.text);
});

describe('KS-09: a passphrase in a file', () => {
  const none = { env: {} };
  const load = (...options: string[]) => rig.dct(['key', 'load', 'alice.pem', ...options, '--json'], none);

  it.each([
    ['as it is', passphrase],
    ['before a line end', `${passphrase}\n`],
    ['before the line end of Windows', `${passphrase}\r\n`],
  ])('%s opens the key', async (_what, content) => {
    await rig.write('secret', content);
    expect((await load('--passphrase-file', 'secret')).code).toBe(0);
  });

  it.each([
    ['with two line ends', `${passphrase}\n\n`],
    ['with a blank in front', ` ${passphrase}`],
    ['with a NUL in it', passphrase.replace(' ', '\0')],
    ['in another normal form', 'correct horse\u0301'],
  ])('%s is another passphrase', async (_what, content) => {
    await rig.write('secret', content);
    const outcome = await load('--passphrase-file', 'secret');
    expect([outcome.code, errorOf(outcome).code]).toEqual([6, 'WRONG_PASSPHRASE']);
  });

  it.each<[string, string | Uint8Array | undefined, RegExp]>([
    ['is missing', undefined, /does not exist/],
    ['is empty', '', /empty/],
    ['is a line end', '\n', /empty/],
    ['is not UTF-8', Uint8Array.of(0x63, 0xff), /UTF-8/],
    ['is huge', 'x'.repeat(1024 * 1024), /more than 65536/],
  ])('that %s is an error, not a reason to look elsewhere', async (_what, content, problem) => {
    if (content !== undefined) await rig.write('secret', content);
    const outcome = await rig.dct(['key', 'load', 'alice.pem', '--passphrase-file', 'secret', '--json']);
    expect(errorOf(outcome)).toMatchObject({
      code: 'PASSPHRASE_UNREADABLE',
      message: expect.stringMatching(problem) as string,
    });
  });

  it('goes before the variables', async () => {
    await rig.write('secret', 'wrong');
    const outcome = await rig.dct(['key', 'load', 'alice.pem', '--passphrase-file', 'secret', '--json']);
    expect(errorOf(outcome)).toMatchObject({ code: 'WRONG_PASSPHRASE', facts: { source: 'secret' } });
  });

  it('may be one for root keys and one for all others', async () => {
    await rig.write('of-root', 'the root passphrase');
    await rig.write('of-others', passphrase);
    await rig.write('root.pem', vector('plain-pkcs8-p384').text.replace(/^role: .*$/m, 'role: root'));
    const files = ['--passphrase-file', 'root=of-root', '--passphrase-file', 'repository=of-others'];
    expect((await rig.dct(['key', 'import', 'root.pem', 'alice.pem', ...files], none)).code).toBe(0);
    expect((await rig.dct(['key', 'check', ...files], none)).code).toBe(0);
  });

  it('KS-06: that others can read is a warning', async () => {
    await rig.write('secret', passphrase);
    await chmod(join(rig.home, 'secret'), 0o644);
    const { code, stderr } = await rig.dct(['key', 'load', 'alice.pem', '--passphrase-file', 'secret'], none);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: ');
  });
});

describe('where a passphrase was handed over', () => {
  it('is a file, or a descriptor, for all keys or for some', () => {
    const flags = { passphraseFile: ['a', 'root=/b', './root=c'], passphraseFd: ['3', 'repository=4'] };
    expect(passphrasePlaces(flags, '/work')).toEqual([
      { path: '/work/a', source: 'a' },
      { path: '/b', source: '/b', for: 'root' },
      { path: '/work/root=c', source: './root=c' },
      { path: '/dev/fd/3', source: 'descriptor 3' },
      { path: '/dev/fd/4', source: 'descriptor 4', for: 'repository' },
    ]);
  });

  it.each(['', 'x', '-1', '3.5', '99999', '../etc/passwd'])('is no descriptor "%s"', async (text) => {
    const outcome = await rig.dct(['key', 'list', `--passphrase-fd=${text}`, '--json']);
    expect([outcome.code, errorOf(outcome).code]).toEqual([2, 'USAGE']);
  });
});

it('KS-10: no option takes a secret itself, because everybody on the machine can read command lines', () => {
  const optionsOf = (command: Command): readonly string[] => [
    ...command.options.map(({ flags }) => flags),
    ...command.commands.flatMap(optionsOf),
  ];
  const program = buildProgram(fakeIo({}), () => Promise.resolve());
  const secret = optionsOf(program).filter((flags) => /pass|secret|token|\bpin\b/i.test(flags));
  expect(secret.length).toBeGreaterThan(3);
  expect(secret.filter((flags) => !/-(?:file|fd) <\S+>$/.test(flags))).toEqual([]);
});

describe('KS-10: no command shows a secret or leaves one behind', () => {
  const secrets = {
    now: 'canary-of-today-7f3a',
    wrong: 'canary-mistyped-91c2',
    next: 'canary-of-tomorrow-d04e',
  };
  const variables = (value: string) => ({
    env: { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: value, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: value },
  });
  /** The private number of the plain key, as its file has it. */
  const scalar = Buffer.from(plain.text.replace(/-----[^-]+-----|role:.*/g, ''), 'base64').subarray(7, 39);

  it('neither when it works nor when it fails, however talkative', async () => {
    await rig.write('plain.pem', plain.text);
    await rig.write('next', secrets.next);
    await rig.write('wrong', secrets.wrong);
    const right = variables(secrets.now);
    const commands: readonly [argv: readonly string[], world: object, code: number][] = [
      [['key', 'import', 'plain.pem'], right, 0],
      [['key', 'generate', 'zoe'], right, 0],
      [['key', 'list'], right, 0],
      [['key', 'check'], right, 0],
      [['key', 'check'], variables(secrets.wrong), 6],
      [['key', 'check', '--passphrase-file', 'wrong'], right, 6],
      [['key', 'backup', '-o', 'b.pem'], right, 0],
      [['key', 'restore', 'b.pem'], right, 0],
      [['key', 'restore', 'b.pem'], variables(secrets.wrong), 6],
      [['key', 'load', 'b.pem', '--name', 'bob'], right, 6],
      [['key', 'passwd', plain.keyId, '--new-passphrase-file', 'next'], right, 0],
      [['key', 'passwd', plain.keyId, '--new-passphrase-file', 'next'], variables(secrets.next), 6],
      [['key', 'remember', plain.keyId], variables(secrets.wrong), 6],
      [['key', 'remove', plain.keyId, '-y'], right, 0],
    ];
    let shown = '';
    for (const [argv, world, code] of commands)
      for (const mode of ['--verbose', '--json'].slice(0, code === 0 ? 1 : 2)) {
        const outcome = await rig.dct([...argv, mode], world);
        expect(outcome.code, `${argv.join(' ')}: ${outcome.stderr}`).toBe(code);
        shown += outcome.stdout + outcome.stderr;
      }
    const files = await Promise.all(
      (await rig.files()).map((path) => readFile(join(rig.trustDirectory, path))),
    );
    const left = Buffer.concat([...files, await readFile(join(rig.home, 'b.pem')), Buffer.from(shown)]);
    expect(scalar).toHaveLength(32);
    for (const secret of [
      ...Object.values(secrets),
      scalar,
      scalar.toString('hex'),
      scalar.toString('base64'),
    ])
      expect(left.includes(secret)).toBe(false);
    expect(left.includes(plain.text.split('\n')[3] ?? 'none')).toBe(false);
  });
});

it('KS-14: a root key that is gone has a next step', async () => {
  const { DctError } = await import('../../src/base/errors.ts');
  const facts = { gun: 'r.test/a', role: 'root', keyIds: 'x' };
  const { next } = new DctError('KEY_MISSING', facts);
  expect(next).toContain('dct key restore');
  const guide = await readFile(join(import.meta.dirname, '../../docs/keys.md'), 'utf8');
  const [, title = 'nothing'] = /"([^"]+)" in docs\/keys\.md/.exec(next) ?? [];
  expect(guide).toContain(`\n## ${title}\n`);
});
