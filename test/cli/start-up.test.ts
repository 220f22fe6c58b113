// Start-up: what `dct --help` has to load before it can print anything.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const entry = new URL('../../src/cli/run.ts', import.meta.url);
const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Static imports only: `import type` is erased, and `import()` waits until a command runs. */
const staticImport = /^(?:import|export) (?!type\b)(?:[^;]*? from )?'([^']+)';/gm;

async function loadedBy(url: URL, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(url.href)) return seen;
  seen.add(url.href);
  const text = await readFile(url, 'utf8');
  for (const [, specifier = ''] of text.matchAll(staticImport)) {
    if (specifier.startsWith('.')) await loadedBy(new URL(specifier, url), seen);
    else seen.add(specifier);
  }
  return seen;
}

it('loads the command line and the ground floor, and none of the doors', async () => {
  const loaded = [...(await loadedBy(entry))];
  const packages = loaded.filter((name) => !name.startsWith('file:') && !name.startsWith('node:'));
  expect(packages).toEqual(['commander']);
  const folders = loaded
    .filter((name) => name.startsWith('file:'))
    .map((name) =>
      fileURLToPath(name)
        .slice(source.length)
        .replace(/\/[^/]*$/, ''),
    );
  expect([...new Set(folders)].sort()).toEqual(['base', 'base/errors', 'cli', 'cli/grammar']);
});

it('loads no HTTP for commands that only look at keys', async () => {
  const seen = new Set<string>();
  for (const module of ['cli/open-services.ts', 'cli/commands/key-list.ts', 'keystore/index.ts'])
    await loadedBy(new URL(`../../src/${module}`, import.meta.url), seen);
  expect(
    [...seen].filter((name) => name === 'undici' || name === 'asn1js' || /\/src\/http\//.test(name)),
  ).toEqual([]);
});
