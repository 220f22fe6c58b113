// Tables of keys, and roles that refer to them, as root and targets metadata carry them.
import { DctError } from '../../base/errors.ts';
import { JsonProblem, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { asKeyId, keyObject, type KeyId, type PublicKey } from './keys.ts';
import { jsonMap } from './common.ts';
import { readBase64, readInteger, readList, readMap, readRecord, readString } from './read.ts';

export type KeyTable = ReadonlyMap<KeyId, PublicKey>;

/** @throws PRIVATE_KEY_PUBLISHED (SG-18), and JsonProblem */
export function readKeys(value: JsonValue | undefined, path: string, role: string): KeyTable {
  const table = readMap(value, path);
  const names = Object.keys(table);
  if (names.length > limits.keys) throw new JsonProblem(path, `there are more than ${limits.keys} keys`);
  return new Map(
    names.map((name) => {
      const id = asKeyId(name);
      if (id === undefined) throw new JsonProblem(path, `"${name}" is not a key id`);
      return [id, readKey(table[name], `${path}.${name}`, role, name)];
    }),
  );
}

/** One key object on its own, as servers hand out theirs. @throws PRIVATE_KEY_PUBLISHED, and JsonProblem */
export function readPublicKey(value: JsonValue, role: string): PublicKey {
  return readKey(value, '$', role, '(unnamed)');
}

function readKey(value: JsonValue | undefined, path: string, role: string, keyId: string): PublicKey {
  const record = readRecord(value, path, ['keytype', 'keyval']);
  const keyval = readRecord(member(record, 'keyval'), `${path}.keyval`, ['private', 'public']);
  const secret = member(keyval, 'private') ?? '';
  if (secret !== '') throw new DctError('PRIVATE_KEY_PUBLISHED', { role, keyId });
  return { type: readString(record, 'keytype', path), value: readBase64(keyval, 'public', `${path}.keyval`) };
}

/** Key ids (each listed in `keys`, SG-09, RT-25; repeated ones once, ED-12) and a threshold of at least one (SG-15). */
export function readKeyIdsAndThreshold(
  record: JsonObject,
  path: string,
  keys: KeyTable,
): { readonly keyIds: readonly KeyId[]; readonly threshold: number } {
  const list = member(record, 'keyids') ?? [];
  const keyIds = readList(list, `${path}.keyids`).map((item, i) => {
    const id = typeof item === 'string' ? asKeyId(item) : undefined;
    if (id === undefined) throw new JsonProblem(`${path}.keyids[${i}]`, 'it is not a key id');
    if (!keys.has(id))
      throw new JsonProblem(`${path}.keyids[${i}]`, `the key ${id} is not in the table of keys`);
    return id;
  });
  return { keyIds: [...new Set(keyIds)], threshold: readInteger(record, 'threshold', path, 1) };
}

export function keysToJson(keys: KeyTable): JsonObject {
  return jsonMap([...keys].map(([id, key]) => [id, keyObject(key)] as const));
}
