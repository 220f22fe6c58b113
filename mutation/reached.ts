// Runs inside of the tests: notes which test would see another outcome of a guard, were it weakened.
import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import { getCurrentTest } from 'vitest/suite';

/** One line of the notes. Outside of tests (imports, hooks) none is named: the outcome may matter to all of the file's. */
export interface Note {
  readonly path: string;
  readonly mutant: number;
  readonly file: string;
  readonly test?: string;
}

const noted = new Set<string>();

/** These mutants would matter now, or may. */
export function note(notes: string, path: string, mutants: readonly number[]): void {
  const test = getCurrentTest()?.id;
  const { testPath: file = '' } = expect.getState();
  for (const mutant of mutants) {
    const key = `${path} ${mutant} ${test}`;
    if (noted.has(key)) continue;
    noted.add(key);
    const line: Note = { path, mutant, file, ...(test !== undefined && { test }) };
    appendFileSync(notes, `${JSON.stringify(line)}\n`);
  }
}

/** What the condition says; and a note on every mutant that says otherwise. */
export function compare<T>(
  notes: string,
  path: string,
  condition: () => T,
  weakened: readonly (readonly [mutant: number, condition: () => unknown])[],
): T {
  const says = condition();
  const others = weakened.filter(([, other]) => {
    try {
      return Boolean(other()) !== Boolean(says);
    } catch {
      return true;
    }
  });
  note(
    notes,
    path,
    others.map(([mutant]) => mutant),
  );
  return says;
}
