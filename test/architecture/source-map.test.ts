// src/README.md is the map of the tree: one line a file, the same sentence as the file's own first line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot, sourceFiles } from './sources.ts';

const map = readFileSync(join(projectRoot, 'src/README.md'), 'utf8');

it('the map names every source file with its first line, and nothing else', () => {
  const listed = [...map.matchAll(/^- `([^`]+\.ts)`: (.+)$/gm)].map(
    ([, path, sentence]) => `${path}: ${sentence}`,
  );
  const actual = sourceFiles().map(({ path, text }) => {
    const sentence = (text.split('\n')[0] ?? '').replace(/^\/\/ /, '');
    return `${path.replace(/^src\//, '')}: ${sentence}`;
  });
  expect(listed.sort()).toEqual(actual.sort());
});
