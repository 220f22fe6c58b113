// Commands that are killed at a chosen file operation, and the list of those that there are to choose from.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Outcome } from './programs.ts';

/** Runs one command line of dct with these variables in addition. */
export type RunWith = (env: Readonly<Record<string, string>>) => Promise<Outcome>;

const preload = `--import=${pathToFileURL(join(import.meta.dirname, 'dies-at-operation.js')).href}`;

/** What one kind of operation is: what is done, and to which kind of file. Names that differ between runs are cut out. */
const kindOf = (line: string, home: string): string =>
  line
    .replace(`${home}/`, '')
    .replaceAll(/[0-9a-f]{16,}/gu, '*')
    .replaceAll(/\b(?:localhost|127\.0\.0\.1):?\d*\/team\/app\d+/gu, 'REPOSITORY');

/**
 * Kills the process right before its first operation of a kind that is not in this file yet, and enters it there. Started
 * again and again, it dies once at each kind, and then no more. Files may be synced unharmed.
 */
export const dyingAtNewKinds = (file: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: preload,
  DCT_TEST_DEATHS: file,
});

/** Lets the command come to its end; answers with every file operation, in order, each as its kind. */
export async function operationsOf(home: string, run: RunWith): Promise<readonly string[]> {
  const { code, stdout, stderr, lines } = await watched(home, run);
  if (code !== 0) throw new Error(`exit status ${code}\n${stdout}${stderr}`);
  return lines.map((line) => kindOf(line, home));
}

/** Kills the command right before its nth file operation, from 1 on. @throws when it did not get so far */
export async function dyingAt(home: string, operation: number, run: RunWith): Promise<void> {
  const { code, stdout, stderr } = await watched(home, run, operation);
  if (code !== 128 + 9)
    throw new Error(`exit status ${code} before operation ${operation}\n${stdout}${stderr}`);
}

/** The numbers of the first operation of each kind that matches, and of the last one where it is another. */
export function oneOfEachKind(kinds: readonly string[], where = /./u): readonly number[] {
  const matching = kinds.filter((kind) => where.test(kind));
  const chosen = new Set(matching.flatMap((kind) => [kinds.indexOf(kind), kinds.lastIndexOf(kind)]));
  return [...chosen].sort((a, b) => a - b).map((index) => index + 1);
}

async function watched(
  home: string,
  run: RunWith,
  diesAt = 0,
): Promise<Outcome & { readonly lines: readonly string[] }> {
  const log = join(home, 'operations.log');
  const outcome = await run({
    NODE_OPTIONS: preload,
    DCT_TEST_OPERATIONS: log,
    DCT_TEST_DIES_AT: String(diesAt),
  });
  const text = await readFile(log, 'utf8').catch(() => '');
  await rm(log, { force: true });
  return { ...outcome, lines: text.split('\n').filter((line) => line !== '') };
}
