// Dct's own pins, changed in the configuration file; and what the cached trust data says to a change beforehand.
import { join } from 'node:path';
import type { JsonValue } from '../base/json.ts';
import { openDirectory } from '../disk/files.ts';
import { contradictedRoots } from '../tuf-client/index.ts';
import { editConfig } from './config-edit.ts';
import type { PinEntry } from './config-pins.ts';
import type { Context } from './context.ts';
import { setMember } from './json-edit.ts';
import { pinsInForce } from './pins.ts';

type World = Pick<Context, 'io' | 'settings' | 'interruption'>;

/**
 * Pins these entries besides those that the pattern has, and answers which of them are new.
 * @throws PIN_MISMATCH or THRESHOLD, unless `force`, when a root that is trusted here would be refused from now on; and what
 *   `editConfig` and `pinsInForce` throw
 */
export async function addPins(
  { io, settings, interruption }: World,
  pattern: string,
  entries: readonly PinEntry[],
  { force = false }: { readonly force?: boolean } = {},
): Promise<readonly PinEntry[]> {
  const { configFile } = settings;
  const unique = [...new Map(entries.map((entry) => [nameOf(entry), entry])).values()];
  return interruption.undisturbed(async () => {
    let added: readonly PinEntry[] = [];
    await editConfig(configFile, async ({ text, config }) => {
      const existing = config.pins.get(pattern) ?? [];
      added = unique.filter((entry) => !existing.some((other) => nameOf(other) === nameOf(entry)));
      if (added.length === 0) return text;
      const pins = new Map([...config.pins, [pattern, [...existing, ...added]]]);
      if (!force) await checkTrusted({ io, settings: { ...settings, config: { ...config, pins } } }, pattern);
      return setMember(text, ['pins', pattern], [...valuesOf(text, pattern), ...added.map(toJson)]);
    });
    return added;
  });
}

/** Takes out the entries that `chosen` answers true for, and answers which; the pattern goes with the last of them. */
export async function removePins(
  { settings, interruption }: Pick<World, 'settings' | 'interruption'>,
  pattern: string,
  chosen: (entries: readonly PinEntry[]) => readonly PinEntry[] | Promise<readonly PinEntry[]>,
): Promise<readonly PinEntry[]> {
  return interruption.undisturbed(async () => {
    let removed: readonly PinEntry[] = [];
    await editConfig(settings.configFile, async ({ text, config }) => {
      const existing = config.pins.get(pattern) ?? [];
      removed = await chosen(existing);
      const kept = valuesOf(text, pattern).filter(
        (_value, index) => !removed.includes(existing[index] as PinEntry),
      );
      return setMember(text, ['pins', pattern], kept.length === 0 ? undefined : kept);
    });
    return removed;
  });
}

/** Which entries are the same, and what people call them. */
export function nameOf(entry: PinEntry): string {
  if (entry.kind === 'id') return entry.id;
  return 'file' in entry ? entry.file : entry.pem;
}

/** The values of a pattern as they stand in the file, with relative names and all. */
function valuesOf(text: string, pattern: string): readonly JsonValue[] {
  const document = JSON.parse(text) as { readonly pins?: Readonly<Record<string, readonly JsonValue[]>> };
  return document.pins?.[pattern] ?? [];
}

function toJson(entry: PinEntry): JsonValue {
  if (entry.kind === 'id') return entry.id;
  return { [entry.kind]: nameOf(entry) };
}

async function checkTrusted(
  { io, settings }: Pick<World, 'io' | 'settings'>,
  pattern: string,
): Promise<void> {
  const { pins } = await pinsInForce(io, settings);
  const pin = pins.find((candidate) => candidate.pattern === pattern && candidate.tier === 0);
  if (pin === undefined) return;
  const files = openDirectory(join(settings.dockerDirectory, 'trust'));
  const [refusal] = await contradictedRoots(files, pins, pin);
  if (refusal !== undefined) throw refusal;
}
