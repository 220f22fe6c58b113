// Whatever comments and tests cite can be looked up: sections of the dialect, attacks, decisions.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/base/errors/catalogue.ts';
import { projectRoot } from './sources.ts';

interface Citation {
  readonly name: string;
  /** Relative to the project. */
  readonly path: string;
}

const here = relative(projectRoot, fileURLToPath(import.meta.url));
const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

const frontPages = readdirSync(projectRoot).filter((name) => name.endsWith('.md'));
const below = ['src', 'test', 'bench', 'examples', 'docs'].flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|js|sh|md)$/.test(entry.name))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)))
    .filter((path) => path !== here),
);
const texts = [...frontPages, ...below].map((path) => ({ path, text: read(path) }));

function citations(pattern: RegExp, names: (match: RegExpExecArray) => readonly string[]): Citation[] {
  return texts.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].flatMap((match) => names(match).map((name) => ({ name, path }))),
  );
}

function missing(cited: readonly Citation[], known: ReadonlySet<string>): readonly string[] {
  return cited.filter(({ name }) => !known.has(name)).map(({ name, path }) => `${name} in ${path}`);
}

describe('the dialect', () => {
  /** Number of a section → its text, up to the next heading. */
  const sections = new Map(
    read('docs/dialect.md')
      .split(/^#{2,3} (?=\d)/m)
      .slice(1)
      .map((section) => [section.split(' ', 1)[0] ?? '', section] as const),
  );
  const number = String.raw`\d+(?:\.\d+)*`;
  const cited = citations(
    // As in `dialect 3`, `dialect 4.1, 4.6`, `dialect 2.2 and 4.8`.
    new RegExp(String.raw`\bdialect (${number}(?:(?:, | and )${number})*)`, 'g'),
    (match) => (match[1] ?? '').split(/, | and /),
  );

  it('has every section that is cited', () => {
    expect(cited.length).toBeGreaterThan(80);
    expect(missing(cited, new Set(sections.keys()))).toEqual([]);
  });

  it('has every step that is cited', () => {
    const steps = citations(new RegExp(`\\bdialect (${number}) step (\\d+)`, 'g'), ([, section, step]) =>
      sections.get(section ?? '')?.includes(`\n${step ?? ''}. `) === true ? [] : [`${section} step ${step}`],
    );
    expect(steps).toEqual([]);
  });
});

describe('the attacks', () => {
  const page = read('docs/security.md');
  const ids = [...page.matchAll(/^\| ([A-Z]{2}-\d{2}) /gm)].map((match) => match[1] ?? '');
  const elsewhere = ({ path }: Citation): boolean => path !== 'docs/security.md';
  // As in `RB-07`, and `AU-07 to AU-11`.
  const cited = citations(
    /\b([A-Z]{2})-(\d{2})\b(?: to \1-(\d{2})\b)?/g,
    ([, section = '', first = '', last = first]) =>
      Array.from(
        { length: Number(last) - Number(first) + 1 },
        (_, i) => `${section}-${String(Number(first) + i).padStart(2, '0')}`,
      ),
  ).filter(elsewhere);

  it('stand in order, each of them once', () => {
    const sections = [...new Set(ids.map((id) => id.slice(0, 2)))];
    const sorted = [...new Set(ids)].sort();
    expect(ids).toEqual(sections.flatMap((section) => sorted.filter((id) => id.startsWith(section))));
  });

  it('have every id that is cited', () => {
    expect(cited.length).toBeGreaterThan(500);
    expect(missing(cited, new Set(ids))).toEqual([]);
  });

  it('have every section that is cited as a whole', () => {
    const wholes = citations(/\b([A-Z]{2})-\*/g, ([, section = '']) => [section]).filter(elsewhere);
    expect(missing(wholes, new Set(ids.map((id) => id.slice(0, 2))))).toEqual([]);
  });

  it('are all named by a test', () => {
    const inTests = new Set(cited.filter(({ path }) => path.startsWith('test/')).map(({ name }) => name));
    expect(ids.filter((id) => !inTests.has(id))).toEqual([]);
  });

  it('end in errors of the catalogue', () => {
    const codes = [...page.matchAll(/`([A-Z][A-Z_]{2,})`/g)].map((match) => match[1] ?? '');
    expect(codes.length).toBeGreaterThan(100);
    expect(codes.filter((code) => !(code in catalogue))).toEqual([]);
  });
});

describe('the decisions', () => {
  const files = readdirSync(join(projectRoot, 'docs/adr'))
    .filter((name) => name !== 'README.md')
    .sort();

  it('are numbered without gaps, and listed in order under their titles', () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
    const listed = read('docs/adr/README.md').match(/^- .*$/gm);
    const title = (name: string): string => /^# (.*)$/m.exec(read(`docs/adr/${name}`))?.[1] ?? '';
    expect(listed).toEqual(files.map((name) => `- [${title(name)}](${name})`));
  });

  it('have every number that is cited', () => {
    const numbers = new Set(files.map((name) => name.slice(0, 4)));
    expect(
      missing(
        citations(/\bADR (\d{4})\b/g, ([, number = '']) => [number]),
        numbers,
      ),
    ).toEqual([]);
  });
});

it('links between pages, those of the first level included, lead somewhere', () => {
  const links = citations(/\]\((?!https?:)([^)#]+)/g, ([, target = '']) => [target]).filter(
    ({ path }) => path.startsWith('docs/') || frontPages.includes(path),
  );
  const linking = new Set(links.map(({ path }) => path));
  expect(['README.md', 'SECURITY.md', 'CONTRIBUTING.md'].filter((page) => !linking.has(page))).toEqual([]);
  expect(links.filter(({ name, path }) => !existsSync(join(projectRoot, dirname(path), name)))).toEqual([]);
});
