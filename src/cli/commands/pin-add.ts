// `dct pin add`: says from now on who may vouch for a repository, or for everything below a name.
import type { PinEntry } from '../config-pins.ts';
import type { Context } from '../context.ts';
import { pinEntry } from '../pin-arguments.ts';
import { addPins } from '../pin-book.ts';
import { fullPattern } from '../pin-pattern.ts';
import { changeJson, entryLines } from '../pin-report.ts';

export interface PinAddOptions {
  readonly force?: boolean;
}

/** @throws USAGE, REFERENCE_INVALID, KEY_REFUSED; and what `addPins` throws */
export async function pinAdd(
  context: Context,
  text: string,
  keys: readonly string[],
  options: PinAddOptions,
): Promise<void> {
  const pattern = fullPattern(text);
  const entries: PinEntry[] = [];
  for (const key of keys) entries.push(await pinEntry(context, key));
  const added = await addPins(context, pattern, entries, options);
  if (added.length === 0) context.console.info(`all of this is pinned for ${pattern} already`);
  context.console.emit({
    lines: entryLines('pinned', pattern, added),
    data: changeJson({ pattern, added }),
  });
}
