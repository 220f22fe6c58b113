// Readers for parsed JSON that name the place of every problem.
import { fromBase64 } from '../../base/bytes.ts';
import {
  isJsonObject,
  JsonProblem,
  member,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../../base/json.ts';
import { parseInstant, type Instant } from '../../base/instant.ts';
import { DctError } from '../../base/errors.ts';

/** Runs a parser over one metadata file. @throws MALFORMED, naming the file and the place */
export function parseDocument<T>(what: string, bytes: Uint8Array, read: (document: JsonValue) => T): T {
  try {
    return read(parseJson(bytes, { numbers: 'integers' }));
  } catch (error) {
    if (error instanceof JsonProblem) throw malformed(what, error);
    throw error;
  }
}

export function malformed(what: string, problem: JsonProblem): DctError {
  return new DctError('MALFORMED', { what, path: problem.path, problem: problem.message }, problem);
}

/**
 * An object with fields of known names. Other names are allowed (they are signed, and ignored), but not ones that differ
 * from a known name only in case, because Go would read them as that field (JS-02).
 */
export function readRecord(value: JsonValue | undefined, path: string, known: readonly string[]): JsonObject {
  const record = readMap(value, path);
  for (const name of Object.keys(record)) {
    const variant = known.find((k) => k !== name && folded(k) === folded(name));
    if (variant !== undefined)
      throw new JsonProblem(path, `the name "${name}" differs from "${variant}" only in case`);
  }
  return record;
}

/** As Go compares names of fields: without regard to case, the long s of old prints and the sign of Kelvin included. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's');
}

/** An object whose names are data. */
export function readMap(value: JsonValue | undefined, path: string): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(path, 'it is not an object');
  return value;
}

export function readList(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new JsonProblem(path, 'it is not a list');
  return value as readonly JsonValue[];
}

export function readString(record: JsonObject, name: string, path: string): string {
  const value = member(record, name);
  if (typeof value !== 'string') throw new JsonProblem(`${path}.${name}`, 'it is not a string');
  return value;
}

/** A safe integer not below `minimum`; that it was written as one is the parser's business. */
export function readInteger(record: JsonObject, name: string, path: string, minimum: number): number {
  const value = member(record, name);
  if (typeof value !== 'number') throw new JsonProblem(`${path}.${name}`, 'it is not a number');
  if (value < minimum) throw new JsonProblem(`${path}.${name}`, `${value} is less than ${minimum}`);
  return value;
}

export function readBase64(record: JsonObject, name: string, path: string): Uint8Array {
  const bytes = fromBase64(readString(record, name, path));
  if (bytes === undefined) throw new JsonProblem(`${path}.${name}`, 'it is not standard base64');
  return bytes;
}

export function readInstant(record: JsonObject, name: string, path: string): Instant {
  const instant = parseInstant(readString(record, name, path));
  if (instant === undefined) throw new JsonProblem(`${path}.${name}`, 'it is not an RFC 3339 time');
  return instant;
}
