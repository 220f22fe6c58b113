// A record of which keys were written to which export or backup, so that a root key without a copy can be told.
import { utf8 } from '../base/bytes.ts';
import { isJsonObject, JsonProblem, parseJson, type JsonValue } from '../base/json.ts';
import type { Files } from '../base/ports.ts';
import type { KeyId } from '../tuf-client/model/index.ts';

/** A file that holds the key too, as far as dct knows. */
export interface KeyCopy {
  /** Absolute path at that time; it may be on a medium that lies in a safe now. */
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type KeyCopies = ReadonlyMap<string, KeyCopy>;

const record = 'dct/_copies.json';

/** The latest copy of each key. A record that cannot be read counts as none: it can only cause a warning too many. */
export async function readCopies(files: Files): Promise<KeyCopies> {
  const bytes = await files.read(record);
  if (bytes === undefined) return new Map();
  try {
    const document = parseJson(bytes, { numbers: 'integers' });
    const entries = isJsonObject(document) ? Object.entries(document) : [];
    return new Map(entries.flatMap(([keyId, value]) => entryOf(keyId, value)));
  } catch (error) {
    if (error instanceof JsonProblem) return new Map();
    throw error;
  }
}

function entryOf(keyId: string, value: JsonValue): [string, KeyCopy][] {
  if (!isJsonObject(value)) return [];
  const { file, at } = value;
  return typeof file === 'string' && typeof at === 'number' ? [[keyId, { file, at }]] : [];
}

/** Notes that the keys are in that file now. */
export async function noteCopies(files: Files, keyIds: readonly KeyId[], copy: KeyCopy): Promise<void> {
  const known = new Map(await readCopies(files));
  for (const keyId of keyIds) known.set(keyId, copy);
  const document = Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1)));
  await files.write(record, utf8(`${JSON.stringify(document, null, 2)}\n`));
}
