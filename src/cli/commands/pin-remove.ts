// `dct pin remove`: takes pins out of dct's configuration.
import { resolve } from 'node:path';
import { DctError, isDctError } from '../../base/errors.ts';
import type { PinEntry } from '../config-pins.ts';
import type { Context } from '../context.ts';
import { nameOf, removePins } from '../pin-book.ts';
import { fullPattern } from '../pin-pattern.ts';
import { changeJson, entryLines } from '../pin-report.ts';
import { resolveEntry } from '../pins.ts';

/** @throws USAGE for what is not pinned, so that no typing error passes for a removal; and what `removePins` throws */
export async function pinRemove(context: Context, text: string, names: readonly string[]): Promise<void> {
  const pattern = fullPattern(text);
  const removed = await removePins(context, pattern, async (entries) => {
    if (entries.length === 0)
      throw notPinned(`nothing is pinned for ${pattern} in ${context.settings.configFile}`);
    if (names.length === 0) return entries;
    const chosen = new Set<PinEntry>();
    for (const name of names) {
      const matching = await matches(context, entries, name);
      if (matching.length === 0) throw notPinned(`${name} is not pinned for ${pattern}`);
      for (const entry of matching) chosen.add(entry);
    }
    return [...chosen];
  });
  context.console.emit({
    lines: entryLines('no longer pinned:', pattern, removed),
    data: changeJson({ pattern, removed }),
  });
}

/** By id, by file, or by the id of the key in a file. */
async function matches(
  { io, settings }: Context,
  entries: readonly PinEntry[],
  name: string,
): Promise<readonly PinEntry[]> {
  const wanted = [name, resolve(io.workingDirectory, name)];
  const found: PinEntry[] = [];
  for (const entry of entries) {
    const names = [nameOf(entry)];
    if (entry.kind === 'key') {
      const resolved = await resolveEntry(io, entry, settings.configFile, '$.pins').catch(
        (error: unknown) => {
          // A key that is gone has no id any more; it can still be removed by its file.
          if (isDctError(error, 'CONFIG_INVALID')) return undefined;
          throw error;
        },
      );
      if (resolved?.kind === 'id') names.push(resolved.id);
    }
    if (names.some((own) => wanted.includes(own))) found.push(entry);
  }
  return found;
}

function notPinned(problem: string): DctError {
  return new DctError('USAGE', { problem, hint: 'See what is pinned, and where, with: dct pin show' });
}
