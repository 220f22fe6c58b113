// What is kept of one repository: every generation of its files, and its part of the changefeed. Immutable.
import {
  JsonProblem,
  parseJson,
  member,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../base/json.ts';
import { utf8 } from '../../base/bytes.ts';
import type { Gun } from '../../base/reference.ts';
import { asRoleName, type RoleName } from '../../tuf-client/model/index.ts';

export interface StoredFile {
  readonly role: RoleName;
  readonly version: number;
  /** Hexadecimal; also the name of the file's content. */
  readonly sha256: string;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
}

/** What was stored at once: by a publication, or by the server alone when its timestamp had expired. */
export interface Generation {
  readonly cause: 'publication' | 'renewal';
  readonly files: readonly StoredFile[];
}

/** An entry of the changefeed (dialect 7.5). */
export interface Change {
  /** Ascending over all repositories. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly gun: Gun;
  readonly category: 'update' | 'deletion';
  /** Of the timestamp; 0 and empty for a deletion. */
  readonly version: number;
  readonly sha256: string;
}

export interface RepositoryState {
  readonly gun: Gun;
  /** Since the last deletion, oldest first. */
  readonly generations: readonly Generation[];
  /** Of all times, oldest first. */
  readonly changes: readonly Change[];
}

/** The newest file of each role. */
export function currentFiles(generations: readonly Generation[]): ReadonlyMap<RoleName, StoredFile> {
  return new Map(generations.flatMap(({ files }) => files).map((file) => [file.role, file]));
}

/** The highest version that was ever stored of a role; 0 when there is none. */
export function highestVersion(generations: readonly Generation[], role: RoleName): number {
  const versions = generations
    .flatMap(({ files }) => files)
    .filter((file) => file.role === role)
    .map(({ version }) => version);
  return Math.max(0, ...versions);
}

export function stateToBytes(state: RepositoryState): Uint8Array {
  return utf8(`${JSON.stringify(state)}\n`);
}

/** @throws JsonProblem for anything that `stateToBytes` does not write */
export function readState(bytes: Uint8Array): RepositoryState {
  const state = objectAt(parseJson(bytes, { numbers: 'integers' }), '$');
  // Written from a request once, in which any name will do.
  const gun = textAt(state, 'gun', '$') as Gun;
  const generations = listAt(state, 'generations', '$').map((item, i): Generation => {
    const path = `$.generations[${i}]`;
    const generation = objectAt(item, path);
    const files = listAt(generation, 'files', path).map((file, j) => readFile(file, `${path}.files[${j}]`));
    return { cause: oneOf(generation, 'cause', ['publication', 'renewal'], path), files };
  });
  const changes = listAt(state, 'changes', '$').map((item, i) => readChange(item, `$.changes[${i}]`, gun));
  return { gun, generations, changes };
}

function readFile(value: JsonValue, path: string): StoredFile {
  const file = objectAt(value, path);
  const role = asRoleName(textAt(file, 'role', path));
  const sha256 = textAt(file, 'sha256', path);
  if (role === undefined) throw new JsonProblem(`${path}.role`, 'it is not a role');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new JsonProblem(`${path}.sha256`, 'it is not a hash');
  return {
    role,
    version: numberAt(file, 'version', path),
    sha256,
    storedAt: numberAt(file, 'storedAt', path),
  };
}

function readChange(value: JsonValue, path: string, gun: Gun): Change {
  const change = objectAt(value, path);
  return {
    id: numberAt(change, 'id', path),
    at: numberAt(change, 'at', path),
    gun,
    category: oneOf(change, 'category', ['update', 'deletion'], path),
    version: numberAt(change, 'version', path),
    sha256: textAt(change, 'sha256', path),
  };
}

function objectAt(value: JsonValue, path: string): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(path, 'it is not an object');
  return value;
}

function listAt(object: JsonObject, name: string, path: string): readonly JsonValue[] {
  const value = member(object, name);
  if (!Array.isArray(value)) throw new JsonProblem(`${path}.${name}`, 'it is not a list');
  return value as readonly JsonValue[];
}

function textAt(object: JsonObject, name: string, path: string): string {
  const value = member(object, name);
  if (typeof value !== 'string') throw new JsonProblem(`${path}.${name}`, 'it is not a string');
  return value;
}

function numberAt(object: JsonObject, name: string, path: string): number {
  const value = member(object, name);
  if (typeof value !== 'number') throw new JsonProblem(`${path}.${name}`, 'it is not a number');
  return value;
}

function oneOf<T extends string>(object: JsonObject, name: string, values: readonly T[], path: string): T {
  const found = values.find((value) => value === member(object, name));
  if (found === undefined) throw new JsonProblem(`${path}.${name}`, `it is none of ${values.join(', ')}`);
  return found;
}
