// The tutorial says the same in every language: the same sections, and word for word the same commands and answers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const english = read('docs/tutorial.md');
const blocksOf = (text: string): readonly string[] => text.match(/```console\n[^]*?```/g) ?? [];
const sectionsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:## (\d)\.|\*\*(\d\.\d) )/gm)].map(([, section, step]) => section ?? step ?? '');

it('has sections and examples', () => {
  expect(sectionsOf(english)).toContain('5.2');
  expect(blocksOf(english).length).toBeGreaterThan(10);
});

it.each(['docs/fr/tutoriel.md'])('%s has the same steps in the same order', (path) => {
  const translated = read(path);
  expect(sectionsOf(translated)).toEqual(sectionsOf(english));
  expect(blocksOf(translated)).toEqual(blocksOf(english));
});
