// The version ledger: what was seen of each GUN, kept apart from the cache so that it survives its loss (RB-07, RT-28).
import { utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { isJsonObject, JsonProblem, parseJson, type JsonObject, type JsonValue } from '../../base/json.ts';
import type { Files } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { asKeyId, asRoleName, type RoleName } from '../model/index.ts';
import type { Memory, Remembered } from '../trust/index.ts';
import type { FirstTrust } from '../types.ts';

export interface Ledger {
  /** @throws CACHE_CORRUPT: a damaged ledger is never taken for an empty one */
  read(gun: Gun): Promise<Memory | undefined>;
  write(gun: Gun, memory: Memory): Promise<void>;
  /** Damaged or not. */
  remove(gun: Gun): Promise<void>;
}

/** A name that no repository path can contain, so that no GUN's ledger stands in another one's way. */
const fileName = '_ledger.json';

/** `files` is rooted at the trust directory. */
export function createLedger(files: Files): Ledger {
  const path = (gun: Gun): string => `dct/${gun}/${fileName}`;
  return {
    read: async (gun) => {
      const bytes = await files.read(path(gun));
      return bytes && parseLedger(bytes, files.locate(path(gun)));
    },
    write: (gun, memory) => files.write(path(gun), utf8(`${JSON.stringify(toJson(memory), null, 2)}\n`)),
    remove: (gun) => files.remove(path(gun)),
  };
}

function toJson(memory: Memory): JsonValue {
  const roles = Object.fromEntries([...memory.roles].map(([role, entry]) => [role, { ...entry }]));
  const { at, how, rootKeys } = memory.trusted;
  const { confirmedAt } = memory;
  const json = { trusted: { at, how, rootKeys }, root: { ...memory.root }, roles };
  return confirmedAt === undefined ? json : { ...json, confirmedAt };
}

function parseLedger(bytes: Uint8Array, file: string): Memory {
  try {
    const document = parseJson(bytes, { numbers: 'integers' });
    const ledger = object(document, '$');
    const roles = object(ledger['roles'], '$.roles');
    const entries = Object.keys(roles).map((name) => {
      const role = asRoleName(name);
      if (role === undefined) throw new JsonProblem(`$.roles.${name}`, 'it is not a role');
      return [role, remembered(object(roles[name], `$.roles.${name}`), `$.roles.${name}`)] as const;
    });
    return {
      trusted: firstTrust(object(ledger['trusted'], '$.trusted')),
      root: seen(object(ledger['root'], '$.root'), '$.root'),
      roles: new Map<RoleName, Remembered>(entries),
      confirmedAt: time(ledger['confirmedAt'], '$.confirmedAt'),
    };
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new DctError('CACHE_CORRUPT', { file, problem: `${error.path}: ${error.message}` }, error);
  }
}

function object(value: JsonValue | undefined, path: string): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(path, 'it is not an object');
  return value;
}

function time(value: JsonValue | undefined, path: string): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  throw new JsonProblem(path, 'it is not a time');
}

function seen(entry: JsonObject, path: string): { readonly version: number; readonly sha256: string } {
  const { version, sha256 } = entry;
  if (typeof version !== 'number' || version < 1)
    throw new JsonProblem(`${path}.version`, 'it is not a version');
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw new JsonProblem(`${path}.sha256`, 'it is not a hash');
  return { version, sha256 };
}

function remembered(entry: JsonObject, path: string): Remembered {
  const { keys, withdrawn } = entry;
  if (typeof keys !== 'string') throw new JsonProblem(`${path}.keys`, 'it is not a string');
  if (typeof withdrawn !== 'boolean') throw new JsonProblem(`${path}.withdrawn`, 'it is not a boolean');
  return { ...seen(entry, path), keys, withdrawn };
}

const ways: readonly string[] = ['first-use', 'pin', 'cache', 'created'] satisfies FirstTrust['how'][];

function firstTrust(entry: JsonObject): FirstTrust {
  const { at, how, rootKeys } = entry;
  if (typeof at !== 'number') throw new JsonProblem('$.trusted.at', 'it is not a time');
  if (typeof how !== 'string' || !ways.includes(how)) throw new JsonProblem('$.trusted.how', 'it is unknown');
  if (!Array.isArray(rootKeys)) throw new JsonProblem('$.trusted.rootKeys', 'it is not a list');
  const keys = (rootKeys as readonly JsonValue[]).map((text, i) => {
    const id = typeof text === 'string' ? asKeyId(text) : undefined;
    if (id === undefined) throw new JsonProblem(`$.trusted.rootKeys[${i}]`, 'it is not a key id');
    return id;
  });
  return { at, how: how as FirstTrust['how'], rootKeys: keys };
}
