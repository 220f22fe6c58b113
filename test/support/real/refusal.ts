// How dct says no: exit status, error code, two lines for people, and not one file touched.
import { expect } from 'vitest';
import type { RunOptions, User } from './clients.ts';
import { readTree } from './file-tree.ts';

export interface Refusal {
  readonly exit: number;
  /** Of the error catalogue, as `--json` reports it. */
  readonly code: string;
  /** The line for people that says what is wrong. */
  readonly cause: string;
}

/**
 * Runs a command that has to fail, once for people and once with `--json`. Checks what every refusal owes: nothing on
 * standard output, one line of cause and one of next step, the same exit status in both forms, and every file below
 * `DOCKER_CONFIG` as it was.
 */
export async function refusalOf(user: User, args: readonly string[], options?: RunOptions): Promise<Refusal> {
  const before = await readTree(user.dockerConfig);
  const plain = await user.dct(args, options);
  const json = await user.dct([...args, '--json'], options);
  expect(await readTree(user.dockerConfig), 'files of the user').toEqual(before);

  const command = `dct ${args.join(' ')}`;
  expect(plain.stdout, `stdout of ${command}`).toBe('');
  expect(plain.stderr, `stderr of ${command}`).toMatch(/^dct: .+\nnext: .+\n$/u);
  expect(json.code, `exit status of ${command} --json`).toBe(plain.code);
  return { exit: plain.code, code: errorCode(json.stderr), cause: plain.stderr.split('\n', 1)[0] ?? '' };
}

/** The code of the error that a `--json` run ended with; warnings and progress may stand in lines before it. */
export function errorCode(stderr: string): string {
  const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { error: { code: string } };
  return error.code;
}
