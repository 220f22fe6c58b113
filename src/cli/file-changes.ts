// Tells when a file may have changed: written in place, renamed over, or behind a link that was moved.
import { realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Notices } from '../base/ports.ts';

/** Editors write in several steps: one look at the end of them is enough. */
const settleMs = 50;

/**
 * Calls `onChange` shortly after something happened to the file. It is a hint: some file systems tell nothing, so whoever
 * depends on changes looks at the file now and then besides.
 * @param file absolute path
 * @returns ends it
 */
export function watchFile(file: string, notices: Pick<Notices, 'debug'>, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs).unref();
  };
  // Directories and not the file: whoever renames another file over it, as editors do, leaves the old one watched.
  const watchers = [...placesOf(file)].map(([directory, names]) => {
    const unseen = (problem: unknown): void =>
      notices.debug(`changes in ${directory} are not noticed at once: ${String(problem)}`);
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        // Kubernetes moves the link `..data`, and never touches the file itself.
        if (name === null || names.has(name) || name.startsWith('..')) tell();
      });
      return watcher.on('error', unseen);
    } catch (error) {
      unseen(error);
      return undefined;
    }
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher?.close();
  };
}

/** The directories that the file appears in, as it is named and as it is stored, and its names there. */
function placesOf(file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map([[dirname(file), new Set([basename(file)])]]);
  try {
    const stored = realpathSync(file);
    const names = places.get(dirname(stored)) ?? new Set();
    places.set(dirname(stored), names.add(basename(stored)));
  } catch {
    // It is gone again: its name is watched all the same.
  }
  return places;
}
