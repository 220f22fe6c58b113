// The parts of undici that are loaded by their paths: the paths lead where the public names do, and nothing loads the rest (ADR 0024).
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as undici from 'undici';
import { expect, it } from 'vitest';
import { loadProxyAgent, Pool, socketOpener } from '../../src/http/undici.ts';
import manifest from '../../package.json' with { type: 'json' };

const source = fileURLToPath(new URL('../../src/', import.meta.url));

it('the paths give what the package gives under its public names', async () => {
  expect(Pool).toBe(undici.Pool);
  expect(socketOpener).toBe(undici.buildConnector);
  expect(await loadProxyAgent()).toBe(undici.ProxyAgent);
});

it('the version whose paths these are is the only one that can be installed', () => {
  const { version } = createRequire(import.meta.url)('undici/package.json') as { version: string };
  expect(manifest.dependencies.undici).toBe(version);
});

it('no other file asks undici for more than types, except the sandbox', async () => {
  const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const loading = [];
  for (const file of files) {
    const text = await readFile(`${source}/${file}`, 'utf8');
    if (/^(?!import type ).*(?:from|import\(|load\() ?'undici/m.test(text)) loading.push(file);
  }
  expect(loading.sort()).toEqual(['http/undici.ts', 'sandbox/notary/multipart.ts']);
});
