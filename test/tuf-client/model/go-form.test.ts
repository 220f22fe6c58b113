// The exact byte layout of files: real ones come back as they were, and ours are stable under Go's own rendering.
import { describe, expect, test } from 'vitest';
import { fromBase64, utf8 } from '../../../src/base/bytes.ts';
import { instantAt, parseInstant } from '../../../src/base/instant.ts';
import { JsonProblem, parseJson, type JsonObject } from '../../../src/base/json.ts';
import {
  parseDocument,
  readEnvelope,
  readRoot,
  readSnapshot,
  readTargets,
  readTimestamp,
  rootToJson,
  serialise,
  signedMessage,
  snapshotToJson,
  targetsToJson,
  timestampToJson,
  type Envelope,
  type KeyId,
  type Targets,
} from '../../../src/tuf-client/model/index.ts';
import { realMetadata } from '../../support/notary-vectors.ts';
import { bodies, file, keyIdA, keyIdB, read, role, signedOf, type Kind } from './support.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const rendered: Readonly<Record<string, (envelope: Envelope, name: string) => JsonObject>> = {
  Root: (envelope) => rootToJson(readRoot(envelope)),
  Targets: (envelope, name) => targetsToJson(readTargets(envelope, role(name))),
  Snapshot: (envelope) => snapshotToJson(readSnapshot(envelope)),
  Timestamp: (envelope) => timestampToJson(readTimestamp(envelope)),
};

/** Reads a file into the model and writes it again. */
function roundTrip(bytes: Uint8Array, name = 'targets'): string {
  return parseDocument(name, bytes, (document) => {
    const envelope = readEnvelope(document);
    const body = rendered[envelope.signed['_type'] as string]?.(envelope, name) ?? {};
    return text(serialise(body, envelope.signatures));
  });
}

describe('files of real repositories', () => {
  test.each([
    ['notary/root.json', 'root'],
    ['notary/targets.json', 'targets'],
    ['notary/snapshot.json', 'snapshot'],
    ['notary/timestamp.json', 'timestamp'],
    ['notary-delegation-without-paths/targets.json', 'targets'],
    ['notary-root-rotated/2.root.json', 'root'],
    ['docker/root.json', 'root'],
    ['docker/targets.json', 'targets'],
    ['docker/targets/alice.json', 'targets/alice'],
    ['docker/targets/releases.json', 'targets/releases'],
    ['docker/snapshot.json', 'snapshot'],
    ['docker/timestamp.json', 'timestamp'],
  ])('%s comes back byte for byte', (name, roleName) => {
    const bytes = realMetadata(name);
    expect(roundTrip(bytes, roleName)).toBe(text(bytes));
  });

  // Go keeps the difference between a nil list and an empty one; both are stable, and we always write the empty one.
  test.each([
    ['notary-delegation-removed/targets.json', '"roles":null', '"roles":[]'],
    ['notary-delegation-purged/targets.json', '"keyids":null', '"keyids":[]'],
  ])('%s comes back with an empty list for null', (name, before, after) => {
    const bytes = realMetadata(name);
    expect(text(bytes)).toContain(before);
    expect(roundTrip(bytes)).toBe(text(bytes).replace(before, after));
  });

  test('custom data of notary add --custom is kept', () => {
    const { targets } = read('targets', realMetadata('notary/targets.json'));
    expect(targets.get('2.0')?.custom).toEqual({ a: [1, { b: null }], note: 'Grüße', z: true });
    expect(targets.get('1.0')).not.toHaveProperty('custom');
  });

  test('a delegation whose keys were purged has none', () => {
    const { delegations } = read('targets', realMetadata('notary-delegation-purged/targets.json'));
    expect(delegations).toEqual([{ name: 'targets/dave', keyIds: [], paths: [''], threshold: 1 }]);
  });
});

describe('normal form of what other writers may send (dialect 2.2)', () => {
  const targetsWith = (changes: object): Uint8Array => file({ ...bodies.targets, ...changes });
  const normal = roundTrip(file(bodies.targets));

  test.each<[string, Uint8Array]>([
    [
      'white space and a newline',
      utf8(`${JSON.stringify({ signed: bodies.targets, signatures: [] }, null, 2)}\n`),
    ],
    ['signatures before signed', utf8(JSON.stringify({ signatures: [], signed: bodies.targets }))],
    ['an unknown field in signed', targetsWith({ spec_version: '1.0.31' })],
    [
      'an unknown field beside signed',
      utf8(JSON.stringify({ signed: bodies.targets, signatures: [], x: 1 })),
    ],
    ['null signatures', utf8(JSON.stringify({ signed: bodies.targets, signatures: null }))],
  ])('%s does not come back', (_, bytes) => {
    expect(roundTrip(bytes)).toBe(normal);
  });

  const nothing = '"delegations":{"keys":{},"roles":[]}';
  test.each([
    ['no delegations', { delegations: undefined }, nothing],
    ['null delegations', { delegations: null }, nothing],
    ['null keys and roles', { delegations: { keys: null, roles: null } }, nothing],
    ['null targets', { targets: null }, '"targets":{}'],
    [
      'null custom',
      { targets: { a: { custom: null, hashes: {}, length: 1 } } },
      '{"a":{"hashes":{},"length":1}}',
    ],
    [
      'unsorted custom',
      { targets: { a: { custom: { z: [2, 1], a: {} }, hashes: {}, length: 1 } } },
      '{"custom":{"a":{},"z":[2,1]},"hashes":{},"length":1}',
    ],
    [
      'null paths',
      { delegations: { keys: {}, roles: [{ keyids: [], name: 'targets/x', paths: null, threshold: 2 }] } },
      '"roles":[{"keyids":[],"name":"targets/x","threshold":2}]',
    ],
  ])('%s: written as Go writes it', (_, changes, expected) => {
    expect(roundTrip(targetsWith(changes))).toContain(expected);
  });

  test.each(['root', 'targets', 'snapshot', 'timestamp'] as const)(
    'a %s written once is stable',
    (kind: Kind) => {
      const once = roundTrip(file(bodies[kind]));
      expect(roundTrip(utf8(once))).toBe(once);
    },
  );
});

describe('signature entries', () => {
  test('keyid, method, sig in this order, the method in lower case, in the given order', () => {
    const bytes = file(bodies.timestamp, [
      { sig: 'AQI=', method: 'ECDSA', keyid: keyIdB },
      { method: 'rsapss', keyid: keyIdA, sig: '' },
    ]);
    expect(roundTrip(bytes)).toMatch(
      new RegExp(
        `,"signatures":\\[\\{"keyid":"${keyIdB}","method":"ecdsa","sig":"AQI="\\},\\{"keyid":"${keyIdA}","method":"rsapss","sig":""\\}\\]\\}$`,
      ),
    );
  });

  test('the file is signed first and ends without a newline', () => {
    const written = roundTrip(file(bodies.timestamp));
    expect(written.startsWith('{"signed":{"_type":"Timestamp",')).toBe(true);
    expect(written.endsWith(',"signatures":[]}')).toBe(true);
  });
});

describe('characters (dialect 2.2 and 3.1)', () => {
  test.each([
    ['<', '\\u003c'],
    ['>', '\\u003e'],
    ['&', '\\u0026'],
    ['\u2028', '\\u2028'],
    ['\u2029', '\\u2029'],
  ])('%j is escaped in the file and raw in the signed message', (character, escaped) => {
    const body = { note: `a${character}b` };
    expect(text(serialise(body, []))).toBe(`{"signed":{"note":"a${escaped}b"},"signatures":[]}`);
    expect(text(signedMessage(body))).toBe(`{"note":"a${character}b"}`);
  });

  test('in names as well', () => {
    expect(text(serialise({ 'a<b': 1 }, []))).toBe('{"signed":{"a\\u003cb":1},"signatures":[]}');
  });

  test.each([
    ['"', '\\"'],
    ['\\', '\\\\'],
    ['/', '/'],
    ['\u007f', '\u007f'],
    ['ü€😀', 'ü€😀'],
    // A backslash before an escaped character must not become one of its own.
    ['\\u003c', '\\\\u003c'],
    ['\\<', '\\\\\\u003c'],
  ])('%j is written as %s', (value, expected) => {
    const bytes = serialise({ note: value }, []);
    expect(text(bytes)).toBe(`{"signed":{"note":"${expected}"},"signatures":[]}`);
    expect(signedOf(bytes)['note']).toBe(value);
  });

  test.each(['a\nb', '\u0000', 'a\tb', '\ud800'])('%j has no agreed form and is refused', (value) => {
    expect(() => serialise({ note: value }, [])).toThrow(JsonProblem);
  });
});

describe('names from data (JS-03)', () => {
  test('__proto__ and constructor stay names, in every table', () => {
    const body = text(file(bodies.targets)).replace(
      '"targets":{"latest":',
      '"targets":{"__proto__":{"hashes":{"__proto__":"AQ=="},"length":1},"constructor":{"custom":{"__proto__":{"a":1}},"hashes":{},"length":2},"latest":',
    );
    const written = roundTrip(utf8(body));
    expect(written).toContain('"__proto__":{"hashes":{"__proto__":"AQ=="},"length":1}');
    expect(written).toContain('"constructor":{"custom":{"__proto__":{"a":1}},"hashes":{},"length":2}');
    expect(roundTrip(utf8(written))).toBe(written);
  });
});

describe('times (dialect 2.4)', () => {
  test.each([
    [0, '2030-06-15T12:34:56Z'],
    [1, '2030-06-15T12:34:56.001Z'],
    [10, '2030-06-15T12:34:56.01Z'],
    [100, '2030-06-15T12:34:56.1Z'],
    [120, '2030-06-15T12:34:56.12Z'],
    [123, '2030-06-15T12:34:56.123Z'],
  ])('%i milliseconds: %s', (milliseconds, expected) => {
    expect(instantAt(Date.UTC(2030, 5, 15, 12, 34, 56, milliseconds)).text).toBe(expected);
  });

  test.each(['2036-01-01T00:00:00Z', '2036-01-01T00:00:00.123456789Z', '2036-01-01T00:00:00+02:00'])(
    '%s of another writer is kept as it stands',
    (expires) => {
      expect(roundTrip(file({ ...bodies.timestamp, expires }))).toContain(`"expires":"${expires}"`);
    },
  );
});

test('a role without paths is written without them, one with the empty path with it', () => {
  const delegation = { name: role('targets/a'), keyIds: [keyIdA as KeyId], threshold: 1 };
  const targets: Targets = {
    version: 1,
    expires: parseInstant('2036-01-01T00:00:00Z') ?? instantAt(0),
    targets: new Map(),
    delegationKeys: new Map([
      [keyIdA as KeyId, { type: 'ecdsa', value: fromBase64('AAEC') ?? new Uint8Array() }],
    ]),
    delegations: [
      { ...delegation, paths: [] },
      { ...delegation, paths: [''] },
    ],
  };
  expect(text(serialise(targetsToJson(targets), []))).toContain(
    `"roles":[{"keyids":["${keyIdA}"],"name":"targets/a","threshold":1},{"keyids":["${keyIdA}"],"name":"targets/a","paths":[""],"threshold":1}]`,
  );
});

test('what the message and the file say is the same', () => {
  const bytes = realMetadata('docker/targets.json');
  const { signed } = parseJson(bytes, { numbers: 'integers' }) as { signed: JsonObject };
  expect(`{"signed":${text(signedMessage(signed))},`).toBe(
    text(bytes).slice(0, text(bytes).indexOf('"signatures"')),
  );
});
