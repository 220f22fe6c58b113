// docs/security.md says of every attack which file stops it and which test shows that: the files are there, and the tests are those.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const page = read('docs/security.md');

/** `| id | what is tried | what dct does | held by | shown by |` */
const rows = [...page.matchAll(/^\| ([A-Z]{2}-\d{2}) +\|(.*)\|$/gm)].map(([, id = '', rest = '']) => {
  const cells = rest.split(/(?<!\\)\|/).map((cell) => cell.trim());
  return { id, cells };
});

/**
 * What the tests of a file are called: titles, and the names of rows where a title has a place for them. Comments do not count,
 * nor do texts that a test gives to what it tests.
 */
const titlesIn = (path: string): ReadonlySet<string> => {
  const titles = new Set<string>();
  const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const take = (node: ts.Node | undefined): void => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node)) titles.add(node.text);
    else if (ts.isTemplateExpression(node)) titles.add(node.getText(file).slice(1, -1));
  };
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      /^(?:test|it|describe|describeReal)\b/.test(node.expression.getText(file))
    )
      node.arguments.forEach(take);
    // Rows: `['name', ...]`, `{ name: 'name', ... }`, `{ 'name': ... }`, `'name'` in a list of names.
    if (ts.isArrayLiteralExpression(node)) node.elements.forEach(take);
    if (ts.isPropertyAssignment(node)) {
      take(node.name);
      take(node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return titles;
};

const titlesOf = new Map<string, ReadonlySet<string>>();
const titles = (path: string): ReadonlySet<string> => {
  const known = titlesOf.get(path) ?? titlesIn(path);
  titlesOf.set(path, known);
  return known;
};

/** As in `RT-16`, and `SG-11 to SG-13`. */
const named = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/\b([A-Z]{2})-(\d{2})\b(?: to \1-(\d{2})\b)?/g)].flatMap(
      ([, section = '', first = '', last = first]) =>
        Array.from(
          { length: Number(last) - Number(first) + 1 },
          (_, i) => `${section}-${String(Number(first) + i).padStart(2, '0')}`,
        ),
    ),
  );

/** Which attacks each section has: a row that goes missing is an attack that nobody looks after. */
const sections: Record<string, number> = {
  ...{ RT: 30, RB: 14, FZ: 7, MM: 5, FF: 4, ED: 14, SG: 20, TY: 5, NM: 10, DG: 13, JS: 16, TG: 11, PB: 18 },
  ...{ AU: 15, MF: 18, BL: 17, PX: 20, CA: 13, ST: 2, KS: 14, EX: 3, PO: 2, DP: 10 },
};

describe('the table of attacks', () => {
  it('has every attack of every section, in order', () => {
    const expected = Object.entries(sections).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, i) => `${section}-${String(i + 1).padStart(2, '0')}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(expected);
    expect(rows).toHaveLength(281);
  });

  it.each(rows)(
    '$id: what is tried, what comes of it, a file that holds it, tests that show it',
    ({ id, cells }) => {
      const [tried = '', done = '', held = '', shown = '', ...more] = cells;
      expect([tried.length > 0, done.length > 0, more.length]).toEqual([true, true, 0]);

      const sources = [...held.matchAll(/\]\(\.\.\/(src\/[^)]+\.ts)\)/g)].map(([, path = '']) => path);
      expect(sources.length).toBeGreaterThan(0);
      expect(sources.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);

      const tests = shown.split(/, (?=\[`)/);
      for (const test of tests) {
        const [, title = '', path = ''] = /^\[`([^`]+)`\]\(\.\.\/(test\/[^)]+\.test\.ts)\)$/.exec(test) ?? [];
        expect(title, 'the title of a test').not.toBe('');
        expect([...titles(path)], `${path} has a test of this name`).toContain(title);
        expect([...named([...titles(path)].join('\n'))], `a test of ${path} names it`).toContain(id);
      }
    },
  );
});

describe('what happened to others', () => {
  const [, section = ''] = page.split('\n## What happened to others\n');
  const others = section
    .split('\n')
    .filter((line) => /^\| (?!-|advisory |finding )/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, names = '', flaw = '', here = '']) => ({ names, flaw, here }));
  const known = new Set(rows.map(({ id }) => id));

  it.each(others)('$names: attacks of ours that it would be, or why it is none', ({ flaw, here }) => {
    const ids = [...named(here)];
    expect(flaw).not.toBe('');
    expect(ids.length > 0 || here.startsWith('does not apply: '), here).toBe(true);
    expect(ids.filter((id) => !known.has(id))).toEqual([]);
  });

  it('has every finding of the audits of Notary', () => {
    const findings = others.map(({ names }) => names).filter((name) => /^(?:CS-DRNT15|TUF-01)/.test(name));
    expect(findings).toHaveLength(8 + 2 + 4);
  });

  it('names each advisory once', () => {
    const advisories = others.flatMap(({ names }) => names.match(/\b(?:CVE|GHSA)-[\w-]+/g) ?? []);
    expect(advisories.length).toBeGreaterThan(70);
    expect(advisories).toEqual([...new Set(advisories)]);
  });
});
