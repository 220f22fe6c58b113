// Started where there is nothing to start from: no working directory, no home. That is told like any other error.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../disk/support.ts';
import { runCommand } from '../support/real/programs.ts';

it.each([[[]], [['--json']]])('a working directory that was removed, %j', async (form) => {
  const cwd = join(await temporaryDirectory(), 'gone');
  await mkdir(cwd);
  const script = 'rmdir "$PWD" && exec "$@"';
  const args = ['-c', script, 'sh', process.execPath, resolve('bin/dct.js'), 'key', 'list', ...form];
  const { code, stdout, stderr } = await runCommand('/bin/sh', args, { env: {}, cwd });
  expect([code, stdout]).toEqual([2, '']);
  if (form.length === 0) expect(stderr).toMatch(/^dct: .*working directory.*\nnext: .*\n$/);
  else expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE' } });
});
