// `dct key export -o -` and what `dct key check` says about the traces of commands that were killed.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyRig, type KeyRig } from './key-rig.ts';
import { passphrase, vector } from '../keystore/vectors.ts';

const { text, keyId } = vector('notary-targets');
let rig: KeyRig;

beforeEach(async () => {
  rig = await keyRig();
  await rig.write('key.pem', text);
  expect((await rig.dct(['key', 'import', 'key.pem', '--gun', 'r.test/app'])).code).toBe(0);
});

describe('key export -o -', () => {
  it('is exactly what a file would hold, and nothing else is on the standard output', async () => {
    const piped = await rig.dct(['key', 'export', '--all', '-o', '-']);
    expect(piped.code).toBe(0);
    expect((await rig.dct(['key', 'export', '--all', '-o', 'file.pem'])).code).toBe(0);
    expect(piped.stdout).toBe(await rig.read('file.pem'));
    expect(piped.stderr).toContain(keyId);
  });

  it('counts as no copy: nobody knows where it went', async () => {
    await rig.dct(['key', 'export', '--all', '-o', '-']);
    expect((await rig.dct(['key', 'check'])).stdout).not.toContain('copied to');
  });

  it.each([
    ['at a terminal', [], { terminal: true }],
    ['as JSON', ['--json'], {}],
  ])('is refused %s', async (_, words, world) => {
    const { code, stdout, stderr } = await rig.dct(['key', 'export', '--all', '-o', '-', ...words], world);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('-o FILE');
  });
});

it.each(['0', '2047', '1e5', '10000001', '-5000', '650 000'])(
  'P-67: --rounds %s is refused',
  async (rounds) => {
    const outcome = await rig.dct(['key', 'passwd', keyId, `--rounds=${rounds}`]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('--rounds');
  },
);

it('P-67: --rounds alone keeps the passphrase', async () => {
  await rig.write('same', passphrase);
  const words = ['key', 'passwd', keyId, '--new-passphrase-file', 'same'];
  expect((await rig.dct(words)).code).toBe(6);
  expect((await rig.dct([...words, '--rounds', '5000'])).code).toBe(0);
  expect((await rig.dct(['key', 'check'])).code).toBe(0);
});

it('key check names what a killed command has left, and says when to delete it', async () => {
  const directory = join(rig.trustDirectory, 'private');
  await mkdir(directory, { recursive: true });
  const name = join(directory, '.dct-0123456789abcdef.tmp');
  await writeFile(name, 'half a key');
  const { code, stderr } = await rig.dct(['key', 'check']);
  expect(code).toBe(0);
  expect(stderr).toContain(`${name} was left by a command that was killed; when all keys open, delete it`);
});
