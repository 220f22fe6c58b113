// Where `dct proxy` keeps what it verified, and how much of it.
import { isAbsolute, join, resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { Io } from './io.ts';

export interface CacheFlags {
  readonly cacheDir?: string;
  readonly cacheSize: string;
  /** False for --no-cache. */
  readonly cache: boolean;
}

export interface CacheChoice {
  /** An absolute path. */
  readonly directory: string;
  readonly maxBytes: number;
}

/** Undefined for no cache at all. @throws USAGE */
export function cacheChoice(
  { cacheDir, cacheSize, cache }: CacheFlags,
  io: Pick<Io, 'env' | 'home' | 'workingDirectory'>,
): CacheChoice | undefined {
  const maxBytes = byteCount('--cache-size', cacheSize);
  if (!cache) return undefined;
  const directory = cacheDir === undefined ? defaultDirectory(io) : resolve(io.workingDirectory, cacheDir);
  return { directory, maxBytes };
}

/** The XDG base directory specification tells to ignore relative paths. */
function defaultDirectory({ env, home }: Pick<Io, 'env' | 'home'>): string {
  const base = env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(base) ? base : join(home, '.cache'), 'dct');
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function byteCount(option: string, text: string): number {
  const [, count, unit = ''] = /^([0-9]{1,15})([KMGT]iB)?$/.exec(text) ?? [];
  const bytes = Number(count) * (units[unit] ?? 1);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not a number of bytes`,
    hint: `Write a number, perhaps with KiB, MiB, GiB or TiB, for example: ${option} 20GiB`,
  });
}
