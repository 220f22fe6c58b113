// What is metadata and what is not: every accepted leniency of Go writers, and every refusal, by kind and place.
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { isDctError, type Code } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { parseJson } from '../../../src/base/json.ts';
import {
  parseDocument,
  readEnvelope,
  readPublicKey,
  readTargets,
} from '../../../src/tuf-client/model/index.ts';
import { bodies, file, keyIdA, keyIdB, read, role, sha256, sha512, spoilt, type Kind } from './support.ts';

/** What reading ends with: the code and the place that the error names. */
function refusal(action: () => unknown): { readonly code: Code; readonly path: unknown } {
  try {
    action();
  } catch (error) {
    if (isDctError(error)) return { code: error.code, path: error.facts['path'] };
    throw error;
  }
  throw new Error('it was accepted');
}

type Case = readonly [
  what: string,
  kind: Kind,
  member: readonly (string | number)[],
  value: unknown,
  place: string,
];

const entryCases = (kind: Kind, member: readonly string[]): readonly Case[] => {
  const place = `$.signed.${member.join('.')}`;
  const rows: readonly [string, readonly string[], unknown, string][] = [
    ['missing', [], undefined, ''],
    ['null', [], null, ''],
    ['without hashes', ['hashes'], undefined, '.hashes'],
    ['with null hashes', ['hashes'], null, '.hashes'],
    ['without sha256', ['hashes'], { sha512 }, '.hashes'],
    ['with a short sha256', ['hashes'], { sha256: 'AQID' }, '.hashes.sha256'],
    ['with a hexadecimal sha256', ['hashes'], { sha256: '0'.repeat(64) }, '.hashes.sha256'],
    ['with an unpadded sha256', ['hashes'], { sha256: sha256.replace('=', '') }, '.hashes.sha256'],
    ['with a short sha512', ['hashes'], { sha256, sha512: sha256 }, '.hashes.sha512'],
    ['with a hash that is a number', ['hashes'], { sha256: 1 }, '.hashes.sha256'],
    ['of length 0 (ED-03)', ['length'], 0, '.length'],
    ['of length -1 (ED-03)', ['length'], -1, '.length'],
    ['without length', ['length'], undefined, '.length'],
    ['with a length in quotes', ['length'], '7', '.length'],
    ['with a null length', ['length'], null, '.length'],
    ['with HASHES', ['HASHES'], {}, ''],
  ];
  return rows.map(([what, path, value, where]) => [
    `${kind}: ${member.join(' ')} ${what}`,
    kind,
    [...member, ...path],
    value,
    `${place}${where}`,
  ]);
};

const commonCases = (['root', 'targets', 'snapshot', 'timestamp'] as const).flatMap(
  (kind): readonly Case[] => [
    [`${kind}: no _type`, kind, ['_type'], undefined, '$.signed._type'],
    [`${kind}: another _type (TY-02)`, kind, ['_type'], 'Mirrors', '$.signed._type'],
    [`${kind}: _type in lower case`, kind, ['_type'], kind, '$.signed._type'],
    [`${kind}: _TYPE beside _type (JS-02)`, kind, ['_TYPE'], 'Root', '$.signed'],
    [`${kind}: Version beside version (JS-02)`, kind, ['Version'], 9, '$.signed'],
    [`${kind}: EXPIRES beside expires (JS-02)`, kind, ['EXPIRES'], '2099-01-01T00:00:00Z', '$.signed'],
    [`${kind}: version 0`, kind, ['version'], 0, '$.signed.version'],
    [`${kind}: version -1`, kind, ['version'], -1, '$.signed.version'],
    [`${kind}: version in quotes`, kind, ['version'], '1', '$.signed.version'],
    [`${kind}: no version`, kind, ['version'], undefined, '$.signed.version'],
    [`${kind}: no expires`, kind, ['expires'], undefined, '$.signed.expires'],
    [`${kind}: expires null`, kind, ['expires'], null, '$.signed.expires'],
    [`${kind}: expires as a number`, kind, ['expires'], 4_000_000_000, '$.signed.expires'],
    [`${kind}: expires without zone`, kind, ['expires'], '2036-01-01T00:00:00', '$.signed.expires'],
  ],
);

const rootCases: readonly Case[] = [
  ['root: no keys', 'root', ['keys'], undefined, '$.signed.keys'],
  ['root: keys as a list', 'root', ['keys'], [], '$.signed.keys'],
  ['root: Keys beside keys', 'root', ['Keys'], {}, '$.signed'],
  ['root: a key under a name that is no id (SG-09)', 'root', ['keys', 'A'.repeat(64)], {}, '$.signed.keys'],
  ['root: a key that is null', 'root', ['keys', keyIdA], null, `$.signed.keys.${keyIdA}`],
  ['root: no keytype', 'root', ['keys', keyIdA, 'keytype'], undefined, `$.signed.keys.${keyIdA}.keytype`],
  ['root: no keyval', 'root', ['keys', keyIdA, 'keyval'], undefined, `$.signed.keys.${keyIdA}.keyval`],
  [
    'root: public in hexadecimal',
    'root',
    ['keys', keyIdA, 'keyval', 'public'],
    'abc',
    `$.signed.keys.${keyIdA}.keyval.public`,
  ],
  ['root: no roles', 'root', ['roles'], undefined, '$.signed.roles'],
  ...['root', 'targets', 'snapshot', 'timestamp'].map((name): Case => [
    `root: no role ${name}`,
    'root',
    ['roles', name],
    undefined,
    `$.signed.roles.${name}`,
  ]),
  ['root: threshold 0 (SG-15)', 'root', ['roles', 'root', 'threshold'], 0, '$.signed.roles.root.threshold'],
  ['root: threshold -1', 'root', ['roles', 'targets', 'threshold'], -1, '$.signed.roles.targets.threshold'],
  ['root: no threshold', 'root', ['roles', 'root', 'threshold'], undefined, '$.signed.roles.root.threshold'],
  ['root: a role without keys', 'root', ['roles', 'root', 'keyids'], [], '$.signed.roles.root.keyids'],
  ['root: a role with null keys', 'root', ['roles', 'root', 'keyids'], null, '$.signed.roles.root.keyids'],
  [
    'root: a role with a key that is not listed (RT-25)',
    'root',
    ['roles', 'root', 'keyids'],
    [keyIdB],
    '$.signed.roles.root.keyids[0]',
  ],
  [
    'root: a key id in upper case',
    'root',
    ['roles', 'root', 'keyids'],
    [keyIdA, 'A'.repeat(64)],
    '$.signed.roles.root.keyids[1]',
  ],
  ['root: KeyIds beside keyids', 'root', ['roles', 'root', 'KeyIds'], [], '$.signed.roles.root'],
];

const delegation = ['delegations', 'roles', 0] as const;
const place = '$.signed.delegations.roles[0]';
const targetsCases: readonly Case[] = [
  ['targets: no targets', 'targets', ['targets'], undefined, '$.signed.targets'],
  ['targets: targets as a list', 'targets', ['targets'], [], '$.signed.targets'],
  ['targets: an entry that is null', 'targets', ['targets', 'x'], null, '$.signed.targets.x'],
  [
    'targets: an entry without hashes (TG-01)',
    'targets',
    ['targets', 'x'],
    { length: 1 },
    '$.signed.targets.x.hashes',
  ],
  [
    'targets: a hash in bad base64 (TG-03)',
    'targets',
    ['targets', 'latest', 'hashes', 'sha256'],
    'A',
    '$.signed.targets.latest.hashes.sha256',
  ],
  [
    'targets: a length in quotes',
    'targets',
    ['targets', 'latest', 'length'],
    '7',
    '$.signed.targets.latest.length',
  ],
  ['targets: Length beside length', 'targets', ['targets', 'latest', 'Length'], 8, '$.signed.targets.latest'],
  ['targets: delegations as a list', 'targets', ['delegations'], [], '$.signed.delegations'],
  ['targets: Roles beside roles', 'targets', ['delegations', 'Roles'], [], '$.signed.delegations'],
  ['targets: a delegation that is null', 'targets', [...delegation], null, place],
  ['targets: no name', 'targets', [...delegation, 'name'], undefined, `${place}.name`],
  ...[
    'targets',
    'root',
    'targets/',
    'targets/Alice',
    'targets/a.b',
    'targets//a',
    'targets/../a',
    'Targets/a',
    '',
  ].map((name): Case => [
    `targets: the name "${name}" (NM-01)`,
    'targets',
    [...delegation, 'name'],
    name,
    `${place}.name`,
  ]),
  ['targets: a grandchild (NM-02)', 'targets', [...delegation, 'name'], 'targets/a/b', `${place}.name`],
  [
    'targets: a name of 256 bytes',
    'targets',
    [...delegation, 'name'],
    `targets/${'a'.repeat(248)}`,
    `${place}.name`,
  ],
  ['targets: threshold 0 (SG-15)', 'targets', [...delegation, 'threshold'], 0, `${place}.threshold`],
  ['targets: a key that is not listed', 'targets', [...delegation, 'keyids'], [keyIdB], `${place}.keyids[0]`],
  ['targets: key ids as a string', 'targets', [...delegation, 'keyids'], keyIdA, `${place}.keyids`],
  ['targets: a path that is a number', 'targets', [...delegation, 'paths'], ['', 1], `${place}.paths[1]`],
  ['targets: paths as a string', 'targets', [...delegation, 'paths'], '', `${place}.paths`],
  [
    'targets: one role declared twice (DG-11)',
    'targets',
    ['delegations', 'roles'],
    [bodies.targets.delegations.roles[0], bodies.targets.delegations.roles[0]],
    '$.signed.delegations.roles',
  ],
  [
    'targets: too many delegations (ED-12)',
    'targets',
    ['delegations', 'roles'],
    Array.from({ length: limits.delegations + 1 }, (_, i) => ({
      ...bodies.targets.delegations.roles[0],
      name: `targets/d${i}`,
    })),
    '$.signed.delegations.roles',
  ],
  [
    'targets: too many keys (ED-12)',
    'targets',
    ['delegations', 'keys'],
    Object.fromEntries(
      Array.from({ length: limits.keys + 1 }, (_, i) => [i.toString(16).padStart(64, '0'), {}]),
    ),
    '$.signed.delegations.keys',
  ],
];

describe('refused, with the place', () => {
  test.each([
    ...commonCases,
    ...rootCases,
    ...targetsCases,
    ...entryCases('snapshot', ['meta', 'root']),
    ...entryCases('snapshot', ['meta', 'targets']),
    // Without the first: a delegation may be missing.
    ...entryCases('snapshot', ['meta', 'targets/alice']).slice(1),
    ...entryCases('timestamp', ['meta', 'snapshot']),
    ['snapshot: no meta', 'snapshot', ['meta'], undefined, '$.signed.meta'],
    ['timestamp: meta as a list', 'timestamp', ['meta'], [], '$.signed.meta'],
  ] as readonly Case[])('%s', (_, kind, member, value, where) => {
    expect(refusal(() => read(kind, spoilt(kind, member, value)))).toEqual({
      code: 'MALFORMED',
      path: where,
    });
  });

  test('a private half among the keys is named as what it is (SG-18)', () => {
    const bytes = spoilt('root', ['keys', keyIdA, 'keyval', 'private'], 'AAEC');
    expect(refusal(() => read('root', bytes)).code).toBe('PRIVATE_KEY_PUBLISHED');
    const key = parseJson(utf8('{"keytype":"ecdsa","keyval":{"public":"AAEC","private":"AAEC"}}'), {
      numbers: 'any',
    });
    expect(refusal(() => readPublicKey(key, 'timestamp')).code).toBe('PRIVATE_KEY_PUBLISHED');
  });

  test('a private half that is no text hides nothing either', () => {
    const bytes = spoilt('root', ['keys', keyIdA, 'keyval', 'private'], { d: 'AAEC' });
    expect(refusal(() => read('root', bytes)).code).toBe('PRIVATE_KEY_PUBLISHED');
  });

  test('a delegation file may only declare its own children', () => {
    const bytes = spoilt('targets', [...delegation, 'name'], 'targets/alice/x');
    const of = (name: string) => () =>
      parseDocument(name, bytes, (document) => readTargets(readEnvelope(document), role(name)));
    expect(of('targets/alice')().delegations.map(({ name }) => name)).toEqual(['targets/alice/x']);
    expect(refusal(of('targets/bob'))).toEqual({ code: 'MALFORMED', path: `${place}.name` });
  });
});

describe('envelopes', () => {
  const signature = { keyid: keyIdA, method: 'ecdsa', sig: 'AAEC' };
  test.each<[string, unknown, string]>([
    ['a list', [], '$'],
    ['null', null, '$'],
    ['a string', 'x', '$'],
    ['empty', {}, '$.signed'],
    ['signed null (dialect 2.8)', { signed: null, signatures: [] }, '$.signed'],
    ['signed a list (JS-10)', { signed: [], signatures: [] }, '$.signed'],
    ['signed a string', { signed: '{}', signatures: [] }, '$.signed'],
    ['Signed beside signed (JS-02)', { signed: {}, Signed: {}, signatures: [] }, '$'],
    ['SIGNATURES beside signatures', { signed: {}, signatures: [], SIGNATURES: [] }, '$'],
    ['signatures an object', { signed: {}, signatures: {} }, '$.signatures'],
    ['a signature null', { signed: {}, signatures: [null] }, '$.signatures[0]'],
    ['a short key id', { signed: {}, signatures: [{ ...signature, keyid: 'aa' }] }, '$.signatures[0].keyid'],
    [
      'no method',
      { signed: {}, signatures: [signature, { ...signature, method: undefined }] },
      '$.signatures[1].method',
    ],
    [
      'a method that is a number',
      { signed: {}, signatures: [{ ...signature, method: 1 }] },
      '$.signatures[0].method',
    ],
    [
      'base64 with a line break (SG-14)',
      { signed: {}, signatures: [{ ...signature, sig: 'AA\nEC' }] },
      '$.signatures[0].sig',
    ],
    ['base64url', { signed: {}, signatures: [{ ...signature, sig: '_-8=' }] }, '$.signatures[0].sig'],
    ['KeyID beside keyid', { signed: {}, signatures: [{ ...signature, KeyID: keyIdB }] }, '$.signatures[0]'],
    [
      'too many signatures (ED-12)',
      { signed: {}, signatures: Array.from({ length: limits.signatures + 1 }, () => signature) },
      '$.signatures',
    ],
  ])('%s: refused', (_, document, path) => {
    const action = () => parseDocument('a file', utf8(JSON.stringify(document)), readEnvelope);
    expect(refusal(action)).toEqual({ code: 'MALFORMED', path });
  });

  test('unknown members beside the known ones are ignored (JS-11)', () => {
    const bytes = utf8(
      JSON.stringify({ signed: { a: 1 }, signatures: [{ ...signature, extra: 1 }], more: true }),
    );
    const { signatures } = parseDocument('a file', bytes, readEnvelope);
    expect(signatures).toEqual([{ keyId: keyIdA, method: 'ecdsa', value: Uint8Array.of(0, 1, 2) }]);
  });

  test.each([
    ['a name that occurs twice (JS-01)', '{"signed":{"a":1,"a":2},"signatures":[]}'],
    ['a fraction (JS-05)', '{"signed":{"version":1.0},"signatures":[]}'],
    ['an exponent', '{"signed":{"version":1e0},"signatures":[]}'],
    ['2^53 + 1', '{"signed":{"version":9007199254740993},"signatures":[]}'],
    ['a byte order mark (JS-06)', '\ufeff{"signed":{},"signatures":[]}'],
    ['two documents', '{"signed":{},"signatures":[]}{}'],
    ['nothing', ''],
  ])('%s: refused before anything is read', (_, document) => {
    expect(refusal(() => parseDocument('a file', utf8(document), readEnvelope)).code).toBe('MALFORMED');
  });
});

describe('accepted', () => {
  test('all examples, with what they say', () => {
    expect(read('root', file(bodies.root)).roles.timestamp).toEqual({
      name: 'timestamp',
      keyIds: [keyIdA],
      threshold: 1,
    });
    expect(read('targets', file(bodies.targets))).toMatchObject({
      version: 3,
      delegations: [{ name: 'targets/alice' }],
    });
    expect([...read('snapshot', file(bodies.snapshot)).meta.keys()]).toEqual([
      'root',
      'targets',
      'targets/alice',
    ]);
    expect(read('timestamp', file(bodies.timestamp)).snapshot.length).toBe(7);
  });

  test('time zones and nanoseconds, to the millisecond below', () => {
    expect(read('snapshot', file(bodies.snapshot)).expires.epochMs).toBe(Date.UTC(2035, 11, 31, 22));
    expect(read('targets', file(bodies.targets)).expires.epochMs).toBe(Date.UTC(2036, 0, 1, 0, 0, 0, 123));
  });

  test('retired roots of very old writers among the roles of a root', () => {
    const bytes = spoilt('root', ['roles', 'root.1'], { keyids: ['anything'], threshold: 0 });
    expect(Object.keys(read('root', bytes).roles)).toEqual(['root', 'targets', 'snapshot', 'timestamp']);
  });

  test('a key listed twice, and one that nothing refers to', () => {
    const bytes = spoilt('root', ['roles', 'root', 'keyids'], [keyIdA, keyIdA]);
    expect(new Set(read('root', bytes).roles.root.keyIds)).toEqual(new Set([keyIdA]));
  });

  test('a key of unknown type (SG-17), and an empty or missing private half', () => {
    for (const value of [undefined, null, ''])
      expect(read('root', spoilt('root', ['keys', keyIdA, 'keyval', 'private'], value)).keys.size).toBe(1);
    const unknown = read('root', spoilt('root', ['keys', keyIdA, 'keytype'], 'dilithium'));
    expect(unknown.keys.get(keyIdA as never)?.type).toBe('dilithium');
  });

  test('a target of any length, which is judged where it is used (TG-05)', () => {
    const bytes = spoilt('targets', ['targets', 'latest', 'length'], -1);
    expect(read('targets', bytes).targets.get('latest')?.length).toBe(-1);
  });

  test('hashes of unknown algorithms, kept', () => {
    const bytes = spoilt('targets', ['targets', 'latest', 'hashes', 'blake3'], 'AQI=');
    expect(read('targets', bytes).targets.get('latest')?.hashes.get('blake3')).toEqual(Uint8Array.of(1, 2));
  });

  test('snapshot entries under names that no role can have', () => {
    const bytes = spoilt('snapshot', ['meta', 'targets/../x'], { hashes: {}, length: 0 });
    expect([...read('snapshot', bytes).meta.keys()]).toEqual(['root', 'targets', 'targets/alice']);
  });

  test('the longest delegation name', () => {
    const name = `targets/${'a'.repeat(247)}`;
    expect(read('targets', spoilt('targets', [...delegation, 'name'], name)).delegations[0]?.name).toBe(name);
  });
});
