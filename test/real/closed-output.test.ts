// EX-01: nobody reads what dct prints, or it cannot be written: the exit code still tells how it went.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../disk/support.ts';
import { vector } from '../keystore/vectors.ts';
import { keyUser } from '../support/real/key-user.ts';

const { keyId, text } = vector('docker-alice');

/** Ends with this status when its output goes to a pipe without a reader, or into a file. */
async function exitOf(args: readonly string[], env: object, output?: string): Promise<unknown> {
  const user = keyUser(await temporaryDirectory());
  const store = join(user.trustDirectory, 'private');
  await mkdir(store, { recursive: true, mode: 0o700 });
  await writeFile(join(store, `${keyId}.key`), text, { mode: 0o600 });
  const file = output === undefined ? undefined : await open(output, 'w');
  try {
    const child = spawn(process.execPath, [resolve('bin/dct.js'), ...args], {
      env: { ...user.environment, ...env },
      cwd: user.home,
      stdio: ['ignore', file?.fd ?? 'pipe', 'ignore'],
    });
    // Long before it has anything to say.
    child.stdout?.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } finally {
    await file?.close();
  }
}

const wrong = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'wrong' };

describe.each([{ form: [] }, { form: ['--json'] }])('output $form', ({ form }) => {
  it.each([
    { what: 'a success', args: ['key', 'list'], env: {}, exit: 0 },
    { what: 'a failed check', args: ['key', 'check'], env: wrong, exit: 6 },
    { what: 'a mistake', args: ['key', 'remove', 'no-id'], env: {}, exit: 2 },
  ])('of $what to a closed pipe: $exit', async ({ args, env, exit }) => {
    expect(await exitOf([...args, ...form], env)).toBe(exit);
  });

  it.each([
    { what: 'a success is none', args: ['key', 'list'], env: {}, exit: 7 },
    { what: 'a failed check stays one', args: ['key', 'check'], env: wrong, exit: 6 },
  ])('to a full disk: $what', async ({ args, env, exit }) => {
    expect(await exitOf([...args, ...form], env, '/dev/full')).toBe(exit);
  });
});
