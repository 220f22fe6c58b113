// The fields that all roles share, and the length-and-hashes entries (dialect 2.3 and 2.7).
import { toBase64 } from '../../base/bytes.ts';
import type { Instant } from '../../base/instant.ts';
import { JsonProblem, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { readBase64, readInstant, readInteger, readMap, readRecord, readString } from './read.ts';

export type TypeName = 'Root' | 'Targets' | 'Snapshot' | 'Timestamp';

export interface Common {
  readonly version: number;
  readonly expires: Instant;
}

const commonFields = ['_type', 'expires', 'version'] as const;

/** The body of `signed`, of exactly this type (TY-02). `fields` are the names that only this type has. */
export function readBody(signed: JsonObject, type: TypeName, fields: readonly string[]): JsonObject {
  const body = readRecord(signed, '$.signed', [...commonFields, ...fields]);
  const actual = readString(body, '_type', '$.signed');
  if (actual !== type) throw new JsonProblem('$.signed._type', `it is "${actual}", not "${type}"`);
  return body;
}

export function readCommon(body: JsonObject): Common {
  return {
    version: readInteger(body, 'version', '$.signed', 1),
    expires: readInstant(body, 'expires', '$.signed'),
  };
}

export function commonToJson(type: TypeName, common: Common): Record<string, JsonValue> {
  return { _type: type, expires: common.expires.text, version: common.version };
}

/** What is signed about a file or a manifest. */
export interface FileMeta {
  readonly length: number;
  /** Algorithm name to raw hash; algorithms that dct does not know are kept. */
  readonly hashes: ReadonlyMap<string, Uint8Array>;
  /** Free data of whoever signed it; kept when the file is signed again (PB-14). */
  readonly custom?: JsonValue;
}

export function readFileMeta(value: JsonValue | undefined, path: string, minimumLength: number): FileMeta {
  const record = readRecord(value, path, ['custom', 'hashes', 'length']);
  const table = readMap(member(record, 'hashes'), `${path}.hashes`);
  const hashes = new Map(Object.keys(table).map((name) => [name, readBase64(table, name, `${path}.hashes`)]));
  const length = readInteger(record, 'length', path, minimumLength);
  const custom = member(record, 'custom');
  return custom === undefined || custom === null ? { length, hashes } : { length, hashes, custom };
}

export function fileMetaToJson(meta: FileMeta): JsonObject {
  const hashes = Object.fromEntries([...meta.hashes].map(([name, hash]) => [name, toBase64(hash)]));
  const json = { hashes, length: meta.length };
  return meta.custom === undefined ? json : { custom: meta.custom, ...json };
}

const hashBytes = { sha256: 32, sha512: 64 } as const;

/**
 * A snapshot's or timestamp's entry for one file: a positive length, sha256 mandatory, sha512 of the right size if there.
 * Snapshots name files by their sha256, so an entry without it could not even be fetched.
 */
export function readMetaEntry(meta: JsonObject, name: string): FileMeta {
  const path = `$.signed.meta.${name}`;
  const entry = readFileMeta(member(meta, name), path, 1);
  if (!entry.hashes.has('sha256')) throw new JsonProblem(`${path}.hashes`, 'there is no sha256');
  for (const [algorithm, size] of Object.entries(hashBytes)) {
    const hash = entry.hashes.get(algorithm);
    if (hash !== undefined && hash.byteLength !== size)
      throw new JsonProblem(`${path}.hashes.${algorithm}`, `it has ${hash.byteLength} bytes, not ${size}`);
  }
  return entry;
}

/** An object with names taken from data; `__proto__` stays a name (JS-03). */
export function jsonMap(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  const map = Object.create(null) as Record<string, JsonValue>;
  for (const [name, value] of entries) map[name] = value;
  return map;
}
