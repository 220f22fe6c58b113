// CA-10: files that are gone before they are looked at: another process sweeps the same directory.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sweepLeftovers } from '../../src/blob-cache/leftovers.ts';
import { temporaryDirectory } from '../disk/support.ts';

vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const real = await importOriginal();
  const readdir = async (path: string): Promise<string[]> => ['gone.0', ...(await real.readdir(path))];
  return { ...real, readdir: readdir as unknown as typeof real.readdir };
});

it('CA-10: what another process has swept already is no failure, and the rest is swept', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'old.0'), '');
  await sweepLeftovers(directory, Date.now() + 25 * 3600 * 1000);
  const { readdir } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  expect(await readdir(directory)).toEqual([]);
});
