// docs/configuration.md has exactly the settings that there are, and its examples are accepted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/cli/config.ts';
import { sourceFiles } from '../architecture/sources.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

/** What stands between this heading and the next one. */
function section(heading: string): string {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  const length = lines.slice(from + 1).findIndex((line) => /^#+ /.test(line));
  return lines.slice(from + 1, length === -1 ? undefined : from + 1 + length).join('\n');
}

/** The rows of its table, as cells without the header; names are in backquotes, several of them in one cell. */
function rows(heading: string): readonly (readonly string[])[] {
  const lines = section(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const names = (heading: string): readonly string[] =>
  rows(heading).flatMap(([name = '']) => [...name.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text));

const configFile = '/etc/dct/config.json';
const parse = (document: unknown) => parseConfig(Buffer.from(JSON.stringify(document)), configFile);

/** The settings at one place of the file, as the error for one that is unknown there counts them up. */
function settingsAt(document: (unknown: object) => object): readonly string[] {
  try {
    parse(document({ 'no such setting': 1 }));
  } catch (error) {
    const problem = error instanceof DctError ? String(error.facts['problem']) : '';
    return /\(known here: ([^)]*)\)/.exec(problem)?.[1]?.split(', ') ?? [];
  }
  return [];
}

const id = 'a'.repeat(64);
/** Settings that are only of use together. */
const otherHalf: Readonly<Record<string, string>> = {
  notaryCert: 'notaryKey',
  notaryKey: 'notaryCert',
  cert: 'key',
  key: 'cert',
};
const places = [
  { heading: 'config.json', at: (entry: object) => entry },
  { heading: 'A registry', at: (entry: object) => ({ registries: { 'a.test': entry } }) },
  { heading: 'A part of a registry', at: (entry: object) => ({ registries: { 'a.test/b': entry } }) },
  { heading: 'A pin', at: (entry: object) => ({ pins: { 'a.test/b': [entry] } }) },
];

describe.each(places)('the settings of "$heading"', ({ heading, at }) => {
  it('are those of the program', () => {
    const known = settingsAt(at);
    expect(known.length).toBeGreaterThan(0);
    expect([...names(heading)].sort()).toEqual([...known].sort());
  });

  it('have a default, an explanation and an example that is accepted', () => {
    for (const [name = '', standard, explanation, example = ''] of rows(heading)) {
      expect([name, standard, explanation, example]).not.toContain('');
      const value: unknown = JSON.parse(example.replaceAll('`', '').replace('4405…', id));
      const member = heading === 'A pin' ? (value as object) : { [name.replaceAll('`', '')]: value };
      const other = heading === 'A pin' ? undefined : otherHalf[name.replaceAll('`', '')];
      const pair = other === undefined ? {} : { [other]: 'x' };
      const needed = heading === 'A part of a registry' ? { notary: 'https://n.test' } : {};
      expect(() => parse(at({ ...needed, ...pair, ...member })), name).not.toThrow();
    }
  });
});

it('the example of a whole file is accepted', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  expect(parse(JSON.parse(example)).registries.size).toBe(2);
});

it('every variable that the source names is there, and no other', () => {
  const code = sourceFiles()
    .filter(({ path }) => !path.startsWith('src/sandbox/') && !path.startsWith('src/cli/demo/'))
    .map(({ path }) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8'))
    .join('\n');
  const documented = names('Environment');
  for (const name of documented.filter((name) => name !== 'NODE_EXTRA_CA_CERTS')) {
    // Forward proxies are asked for by the kind of the address.
    expect(code, name).toMatch(new RegExp(`\\b${name}\\b`));
  }
  const read = [...code.matchAll(/'((?:DCT|DOCKER|NOTARY|XDG)_[A-Z_]+)'/g)].map(([, name]) => name);
  expect([...new Set(read)].filter((name) => !documented.includes(name ?? ''))).toEqual([]);
});
