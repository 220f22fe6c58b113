// What became of each mutant, line by line in a file, so that an interrupted run is not lost.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mutant } from './guards.ts';
import type { Failure } from './suite.ts';

export const resultsFile = '.tmp/mutation/results.jsonl';

interface Result {
  /** Digest of the source, which has to be the same for the result to hold. */
  readonly source: string;
  readonly path: string;
  readonly line: number;
  readonly change: string;
  readonly noticed?: Failure;
}

export interface Results {
  /** What noticed a mutant in an earlier run, if the source is still the same. */
  noticed(path: string, text: string, mutant: Mutant): Failure | undefined;
  add(path: string, text: string, mutant: Mutant, noticed: Failure | undefined): void;
}

/** Those of the last run, to go on with, or none. */
export function openResults(goOn: boolean): Results {
  mkdirSync(dirname(resultsFile), { recursive: true });
  if (!goOn) rmSync(resultsFile, { force: true });
  const earlier: readonly Result[] = existsSync(resultsFile)
    ? readFileSync(resultsFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Result)
    : [];
  return {
    noticed: (path, text, { line, change }) =>
      earlier.findLast(
        (one) =>
          one.source === digest(text) && one.path === path && one.line === line && one.change === change,
      )?.noticed,
    add: (path, text, { line, change }, noticed) => {
      const result: Result = { source: digest(text), path, line, change, ...(noticed && { noticed }) };
      appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
    },
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
