// What a proxy holds when nobody wants anything of it: memory, descriptors, and files in its cache.
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { usageOf } from '../bench/usage.ts';

const MiB = 1024 * 1024;

export interface Residue {
  /** In bytes. */
  readonly resident: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** How much more than after the warm-up may be there in the end. */
const allowed: Residue = { resident: 64 * MiB, descriptors: 16, sockets: 12 };

/** For NODE_OPTIONS: SIGUSR2 collects garbage, because an idle process does not do that by itself. */
export const collectsGarbage = `--import=data:text/javascript,${encodeURIComponent(
  `import v8 from 'node:v8'; import vm from 'node:vm';
   v8.setFlagsFromString('--expose-gc');
   const collect = vm.runInNewContext('gc');
   process.on('SIGUSR2', () => { collect(); collect(); });`,
)}`;

export async function residueOf(pid: number): Promise<Residue> {
  const names = await readdir(`/proc/${pid}/fd`);
  // One may be closed before it is looked at.
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const { resident } = await usageOf(pid);
  return {
    resident,
    descriptors: targets.filter(Boolean).length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
  };
}

/** What has grown beyond its bound. */
export function leaks(before: Residue, after: Residue): readonly string[] {
  return (['resident', 'descriptors', 'sockets'] as const)
    .filter((what) => after[what] > before[what] + allowed[what])
    .map((what) => `${what}: ${before[what]} after the warm-up, ${after[what]} in the end`);
}

/** Files in the cache that should not be there, and a cache that is larger than it may be. */
export async function judgeCache(directory: string, maxBytes: number): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const problems: string[] = [];
  let total = 0;
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = relative(directory, join(entry.parentPath, entry.name));
    const [part, algorithm = ''] = path.split(sep);
    if (part === 'blobs') {
      const bytes = await readFile(join(directory, path));
      total += bytes.length;
      if (createHash(algorithm).update(bytes).digest('hex') !== entry.name)
        problems.push(`${path} does not hold what it is named by`);
    } else if (part === 'incoming') problems.push(`${path} is left over`);
  }
  if (total > maxBytes) problems.push(`the cache has ${total} bytes of ${maxBytes}`);
  return problems;
}
