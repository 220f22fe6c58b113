// NM-07: what somebody else puts into the way of a directory after it was looked for.
import { link, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { temporaryDirectory } from './support.ts';

/** Called with every directory that is about to be made. */
const meanwhile = vi.hoisted((): { put?: (path: string) => Promise<void> } => ({}));

vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const real = await importOriginal();
  const mkdir = async (path: string, options: object): Promise<void> => {
    await meanwhile.put?.(path);
    await real.mkdir(path, options);
  };
  return { ...real, mkdir: mkdir as typeof real.mkdir };
});

test.each([
  ['a symbolic link', (path: string, outside: string) => symlink(outside, path)],
  ['a file', (path: string, outside: string) => link(join(outside, 'file'), path)],
])('%s is neither followed nor replaced', async (_what, put) => {
  const root = await temporaryDirectory();
  const outside = await temporaryDirectory();
  await writeFile(join(outside, 'file'), '');
  meanwhile.put = (path) => put(path, outside);
  await expect(openDirectory(root).write('a/b', utf8('new'))).rejects.toMatchObject({
    code: 'DISK_UNSAFE',
    facts: { file: join(root, 'a') },
  });
  expect([await readdir(outside), await readdir(root)]).toEqual([['file'], ['a']]);
});
