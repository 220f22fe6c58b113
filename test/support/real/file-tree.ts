// What a directory tree holds, in a form that tests compare before and after.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Relative path → permissions and SHA-256 of every file below `directory`; directories are named with their permissions. */
export async function readTree(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const tree: Record<string, string> = {};
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const mode = ((await stat(file)).mode & 0o777).toString(8);
    const content = entry.isDirectory()
      ? 'directory'
      : createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
    tree[relative(directory, file)] = `${mode} ${content}`;
  }
  return tree;
}
