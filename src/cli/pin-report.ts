// Pins as people and scripts read them.
import { showInstant } from '../base/instant.ts';
import type { PinEntry } from './config-pins.ts';
import type { ResolvedEntry, StatedPin } from './pins.ts';
import { table } from './table.ts';

export function pinTable(pins: readonly StatedPin[]): readonly string[] {
  const rows = pins.flatMap(({ pattern, entries, source }) =>
    entries.map((entry) => [pattern, entry.kind === 'id' ? 'key' : 'authority', describe(entry), source]),
  );
  return rows.length === 0 ? [] : table([['PATTERN', 'KIND', 'PINNED', 'WHERE'], ...rows]);
}

function describe(entry: ResolvedEntry): string {
  if (entry.kind === 'id') return entry.id;
  return `${entry.authorities.map(({ name }) => name).join('; ')} (${entry.file})`;
}

export function pinJson({ pattern, entries, source }: StatedPin): object {
  return { pattern, source, entries: entries.map(resolvedJson) };
}

function resolvedJson(entry: ResolvedEntry): object {
  if (entry.kind === 'id') return { kind: 'key', id: entry.id, file: entry.file ?? null };
  const authorities = entry.authorities.map(({ name, notAfter }) => ({
    name,
    expires: showInstant(notAfter),
  }));
  return { kind: 'authority', file: entry.file, authorities };
}

/** A change of one pattern. */
export interface PinChange {
  readonly pattern: string;
  readonly added?: readonly PinEntry[];
  readonly removed?: readonly PinEntry[];
}

export function changeJson({ pattern, added = [], removed = [] }: PinChange): object {
  return { pattern, added: added.map(entryJson), removed: removed.map(entryJson) };
}

function entryJson(entry: PinEntry): object {
  if (entry.kind === 'id') return { kind: 'key', id: entry.id, file: null };
  const file = 'file' in entry ? entry.file : null;
  return entry.kind === 'ca' ? { kind: 'authority', file } : { kind: 'key', id: null, file };
}

/** One line for each entry. */
export function entryLines(deed: string, pattern: string, entries: readonly PinEntry[]): readonly string[] {
  return entries.map((entry) => {
    if (entry.kind === 'id') return `${deed} root key ${entry.id} for ${pattern}`;
    const where = 'file' in entry ? `in ${entry.file}` : 'written in the configuration';
    return `${deed} the ${entry.kind === 'ca' ? 'authorities' : 'root key'} ${where} for ${pattern}`;
  });
}
