// Metadata documents for the tests of the model: one valid example of each kind, and ways to spoil it.
import { utf8 } from '../../../src/base/bytes.ts';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../../src/base/json.ts';
import {
  parseDocument,
  readEnvelope,
  readRoot,
  readSnapshot,
  readTargets,
  readTimestamp,
  type Common,
  type RoleName,
} from '../../../src/tuf-client/model/index.ts';

type Plain = Record<string, unknown>;

export const role = (name: string): RoleName => name as RoleName;
export const keyIdA = 'a'.repeat(64);
export const keyIdB = 'b'.repeat(64);
export const sha256 = Buffer.alloc(32, 1).toString('base64');
export const sha512 = Buffer.alloc(64, 2).toString('base64');
const key = { keytype: 'ecdsa', keyval: { private: null, public: 'AAEC' } };
const entry = { hashes: { sha256 }, length: 7 };

/** One valid body of each kind. */
export const bodies = {
  root: {
    _type: 'Root',
    consistent_snapshot: false,
    expires: '2036-01-01T00:00:00Z',
    keys: { [keyIdA]: key },
    roles: Object.fromEntries(
      ['root', 'snapshot', 'targets', 'timestamp'].map((name) => [name, { keyids: [keyIdA], threshold: 1 }]),
    ),
    version: 1,
  },
  targets: {
    _type: 'Targets',
    delegations: {
      keys: { [keyIdA]: key },
      roles: [{ keyids: [keyIdA], name: 'targets/alice', paths: [''], threshold: 1 }],
    },
    expires: '2036-01-01T00:00:00.123456789Z',
    targets: { latest: entry },
    version: 3,
  },
  snapshot: {
    _type: 'Snapshot',
    expires: '2036-01-01T00:00:00+02:00',
    meta: { root: entry, targets: entry, 'targets/alice': entry },
    version: 2,
  },
  timestamp: {
    _type: 'Timestamp',
    expires: '2036-01-01T00:00:00Z',
    meta: { snapshot: { hashes: { sha256, sha512 }, length: 7 } },
    version: 9,
  },
} as const satisfies Record<string, Plain>;

export type Kind = keyof typeof bodies;

const readers = {
  root: readRoot,
  targets: (envelope: ReturnType<typeof readEnvelope>) => readTargets(envelope, role('targets')),
  snapshot: readSnapshot,
  timestamp: readTimestamp,
};

/** Reads a file of that kind as an update does. */
export function read<K extends Kind>(kind: K, bytes: Uint8Array): ReturnType<(typeof readers)[K]> {
  const reader = readers[kind] as (envelope: ReturnType<typeof readEnvelope>) => Common;
  return parseDocument(kind, bytes, (document) => reader(readEnvelope(document))) as ReturnType<
    (typeof readers)[K]
  >;
}

/** A file around this body, with no signatures: the model does not look at them. */
export function file(signed: unknown, signatures: unknown = []): Uint8Array {
  return utf8(JSON.stringify({ signed, signatures }));
}

/** The valid body of that kind with the member at `path` replaced, or removed when the value is undefined. */
export function spoilt(kind: Kind, path: readonly (string | number)[], value: unknown): Uint8Array {
  // Through JSON, because a structured clone would keep shared entries shared.
  const body = JSON.parse(JSON.stringify(bodies[kind])) as Plain;
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<Plain>((object, name) => object[name] as Plain, body);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
  return file(body);
}

/** The `signed` part of a file, parsed. */
export function signedOf(bytes: Uint8Array): JsonObject {
  const document = parseJson(bytes, { numbers: 'integers' }) as { readonly signed: JsonValue };
  if (!isJsonObject(document.signed)) throw new Error('there is nothing signed');
  return document.signed;
}
