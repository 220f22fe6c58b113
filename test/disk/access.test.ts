// KS-06: who may touch a file, and what nobody can tell about.
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accessOf } from '../../src/disk/access.ts';
import { temporaryDirectory } from './support.ts';

test.each([0o600, 0o644, 0o777])('a file of mine has its mode (%o)', async (mode) => {
  const file = join(await temporaryDirectory(), 'x');
  await writeFile(file, '');
  await chmod(file, mode);
  expect(await accessOf(file)).toEqual({ mode, mine: true });
});

test('so has a directory', async () => {
  const directory = join(await temporaryDirectory(), 'x');
  await mkdir(directory, { mode: 0o700 });
  expect(await accessOf(directory)).toEqual({ mode: 0o700, mine: true });
});

test('of what is not there, and of a pipe, nothing can be told', async () => {
  const pipe = join(await temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await accessOf(pipe)).toBeUndefined();
  expect(await accessOf(join(pipe, '..', 'nothing'))).toBeUndefined();
});

test('a path through a file is an error', async () => {
  const file = join(await temporaryDirectory(), 'x');
  await writeFile(file, '');
  await expect(accessOf(join(file, 'y'))).rejects.toMatchObject({ code: 'DISK' });
});
