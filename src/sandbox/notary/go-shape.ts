// The fields that Go writes for each kind of metadata; anything else would be lost when Go renders the file again (dialect 2.2).
import { fromBase64 } from '../../base/bytes.ts';
import { isJsonObject, JsonProblem, type JsonObject, type JsonValue } from '../../base/json.ts';
import type { RoleName } from '../../tuf-client/model/index.ts';

/** Answers what is wrong with a value, if anything; structures look further inside. */
type Shape = (value: JsonValue, path: string) => void;

const expect =
  (what: string, holds: (value: JsonValue) => boolean): Shape =>
  (value, path) => {
    if (!holds(value)) throw new JsonProblem(path, `it is not ${what}`);
  };

const text = expect('a string', (value) => typeof value === 'string');
const integer = expect('an integer', (value) => typeof value === 'number');
const nothing = expect('null', (value) => value === null);
const no = expect('false', (value) => value === false);
const something = expect('a value', (value) => value !== null);
const base64 = expect(
  'standard base64',
  (value) => typeof value === 'string' && fromBase64(value) !== undefined,
);
/** Without zeros at the end of the fraction, and with `Z` for no offset (dialect 2.4). */
const time = expect(
  'a time as Go writes it',
  (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?(?:Z|[+-](?!00:00)\d\d:\d\d)$/.test(value),
);

const nullOr =
  (shape: Shape): Shape =>
  (value, path) => {
    if (value !== null) shape(value, path);
  };

const mapOf =
  (shape: Shape): Shape =>
  (value, path) => {
    for (const [name, item] of Object.entries(objectAt(value, path))) shape(item, `${path}.${name}`);
  };

const listOf =
  (shape: Shape): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) throw new JsonProblem(path, 'it is not a list');
    (value as readonly JsonValue[]).forEach((item, i) => shape(item, `${path}[${i}]`));
  };

/** Exactly these fields; Go leaves only the `optional` ones out, when they are empty. */
const struct =
  (fields: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape =>
  (value, path) => {
    const object = objectAt(value, path);
    for (const [name, item] of Object.entries(object)) {
      const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
      const other = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (shape === undefined && other === undefined)
        throw new JsonProblem(path, `the field "${name}" is not known`);
      (shape ?? other)?.(item, `${path}.${name}`);
    }
    const missing = Object.keys(fields).find((name) => !Object.hasOwn(object, name));
    if (missing !== undefined) throw new JsonProblem(path, `the field "${missing}" is missing`);
  };

const common = { _type: text, expires: time, version: integer };
const keys = mapOf(struct({ keytype: text, keyval: struct({ private: nothing, public: base64 }) }));
const keyIds = nullOr(listOf(text));
const hashes = mapOf(base64);
const fileMeta = struct({ hashes, length: integer }, { custom: something });
const paths: Shape = (value, path) => {
  listOf(text)(value, path);
  if ((value as readonly JsonValue[]).length === 0)
    throw new JsonProblem(path, 'Go leaves an empty list out');
};

const root = struct({
  ...common,
  consistent_snapshot: no,
  keys,
  roles: mapOf(struct({ keyids: keyIds, threshold: integer })),
});
const targets = struct({
  ...common,
  delegations: struct({
    keys,
    roles: nullOr(listOf(struct({ keyids: keyIds, name: text, threshold: integer }, { paths }))),
  }),
  targets: nullOr(mapOf(fileMeta)),
});
const listing = struct({ ...common, meta: mapOf(fileMeta) });

/** @throws JsonProblem naming the first field that Go would not write like this */
export function checkGoShape(role: RoleName, signed: JsonObject): void {
  const shape = { root, snapshot: listing, timestamp: listing }[role as string] ?? targets;
  shape(signed, '$.signed');
}

function objectAt(value: JsonValue, path: string): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(path, 'it is not an object');
  return value;
}
