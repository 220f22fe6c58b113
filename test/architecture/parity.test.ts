// The page on docker trust and notary answers for every feature and every defect once, and the tests that it names exist.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

const page = readFileSync(join(projectRoot, 'docs/parity.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\| [FP]-\d/.test(line));
const cellsOf = (row: string): readonly string[] =>
  row.split(' | ').map((cell) => cell.replace(/[| ]+$/, ''));
const idOf = (row: string): string => /[FP]-\d+/.exec(row)?.[0] ?? '';

/** As they stand in the page: `file`: _title_. */
const shown = (row: string): { readonly file: string; readonly title: string } | undefined => {
  const [, file, title] = /`(test\/[^`]+)`: _(.+)_/.exec(row) ?? [];
  return file === undefined || title === undefined ? undefined : { file, title };
};

/** Ids from 1 on, with so many digits. */
const ids = (letter: string, count: number, digits: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${letter}-${String(i + 1).padStart(digits, '0')}`);

describe('docs/parity.md', () => {
  it('has every feature and every defect exactly once', () => {
    expect(rows.map(idOf)).toEqual([...ids('F', 163, 3), ...ids('P', 68, 2)]);
  });

  it('gives one of four answers to every feature', () => {
    const answers = rows.filter((row) => row.startsWith('| F-')).map((row) => cellsOf(row)[2]?.trim());
    const known = ['same', 'better', 'deliberately not', 'not yet'];
    expect(answers.filter((answer) => !known.includes(answer ?? ''))).toEqual([]);
  });

  it.each(rows.filter((row) => /\| (?:same|better) +\|/.test(row)).map((row) => [idOf(row), row]))(
    '%s is shown by a test',
    (_id, row) => {
      expect(shown(row)).toBeDefined();
    },
  );

  it.each(rows.filter((row) => row.startsWith('| P-')).map((row) => [idOf(row), shown(row)] as const))(
    '%s: the defect is named by the file of its test',
    (id, test) => {
      expect(readFileSync(join(projectRoot, test?.file ?? ''), 'utf8')).toContain(id);
    },
  );

  it.each(rows.flatMap((row) => (row.includes('`test/') ? [[idOf(row), shown(row)] as const] : [])))(
    '%s: the test exists under that title',
    (_id, test) => {
      const file = join(projectRoot, test?.file ?? '');
      expect(existsSync(file), test?.file).toBe(true);
      const text = readFileSync(file, 'utf8');
      const quoted = ["'", '"', '`'].map((quote) => `${quote}${test?.title ?? ''}`);
      expect(
        quoted.some((title) => text.includes(title)),
        test?.title,
      ).toBe(true);
    },
  );
});
