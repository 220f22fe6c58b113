// Fewer file descriptors than even the loading of dct's own code needs: an error with a next step, however early it strikes.
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { keyUser } from '../support/real/key-user.ts';
import { runCommand } from '../support/real/programs.ts';

const { message, next } = new DctError('TOO_FEW_DESCRIPTORS', { problem: 'Error: EMFILE' });

it.each([28, 36, 44, 52])('%i descriptors', async (limit) => {
  const { environment, home } = keyUser(await temporaryDirectory());
  const line = `ulimit -n ${limit} && exec "$0" "$@"`;
  const dct = [process.execPath, resolve('bin/dct.js'), 'verify', 'localhost:1/app:1'];
  const outcome = await runCommand('bash', ['-c', line, ...dct], { env: environment, cwd: home });
  // Nobody listens there, which it finds out where Node is content with so many.
  if (outcome.code === 4) return;
  const [cause, step] = outcome.stderr.split('\n');
  expect([outcome.code, outcome.stdout, cause, step]).toEqual([
    7,
    '',
    expect.stringContaining(`dct: ${message}`),
    `next: ${next}`,
  ]);
});
