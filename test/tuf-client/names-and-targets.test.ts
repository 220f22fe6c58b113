// Types, role names, delegations and signed entries (TY-*, NM-*, DG-*, TG-*).
import { beforeEach, describe, expect, test } from 'vitest';
import { toBase64 } from '../../src/base/bytes.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import { findReleased, listReleased, listSignedBy, type RoleName } from '../../src/tuf-client/index.ts';
import { makeKeys, metaOf, type SimulatedRepository } from '../support/notary-simulator.ts';
import { expectRefusalThenRecovery, gun, trustedRig, type Rig } from './support.ts';

let rig: Rig & { readonly repository: SimulatedRepository };
let repository: SimulatedRepository;
let honest: () => void;
beforeEach(async () => {
  rig = await trustedRig();
  repository = rig.repository;
  honest = repository.saved();
});

describe('types', () => {
  test('TY-01: a snapshot, signed by the timestamp key, served as the timestamp', async () => {
    repository.base.snapshot.signedBy = repository.base.timestamp.keys;
    repository.publishSnapshot();
    repository.tamper('timestamp.json', () => repository.current.get('snapshot') as Uint8Array);
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  test.each(['targets', 'TARGETS', 'Target', 'Targets/releases', 'Snapshot', 1, null])(
    'TY-02, TY-03: targets of the type %j',
    async (type) => {
      repository.top.edit = (body) => ({ ...body, _type: type });
      repository.publish();
      await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
    },
  );

  test('TY-04, JS-12: members of other types are signed and passed over', async () => {
    repository.top.edit = (body) => ({ ...body, meta: {}, keys: 1, roles: null });
    repository.publish();
    await expect(rig.client.update(gun)).resolves.toBeDefined();
  });
});

describe('role names', () => {
  test.each([
    ...[
      'targets/../root',
      'targets//a',
      'targets/a/',
      'targets/A',
      'targets/a b',
      'targets/\u00e4',
      'targets/.',
    ],
    ...['targets/a\\b', 'targets/%2e%2e', 'targets/a.json', `targets/${'a'.repeat(300)}`, 'targets'],
    ...['root', 'timestamp', '../x', '/x', '?', '#', '', 'targets/a/b', `targets${'/a'.repeat(120)}`],
  ])('NM-01, NM-02, NM-04, DG-11: targets may not declare %j', async (name) => {
    repository.delegate('targets/a', makeKeys(1));
    repository.top.edit = (body) =>
      JSON.parse(JSON.stringify(body).replace('"targets/a"', JSON.stringify(name))) as JsonValue;
    repository.publish();
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  test('NM-03: one role declared twice', async () => {
    repository.delegate('targets/a', makeKeys(1)).delegate('targets/b', makeKeys(1));
    repository.top.edit = (body) =>
      JSON.parse(JSON.stringify(body).replace('"targets/b"', '"targets/a"')) as JsonValue;
    repository.publish();
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'NM-08: the tag %s is signed only when it was signed',
    async (tag) => {
      const without = await rig.client.update(gun);
      expect(() => findReleased(without, tag)).toThrow(
        expect.objectContaining({ code: 'NOT_SIGNED' }) as Error,
      );
      repository.tag(tag, 'content').publish();
      expect(findReleased(await rig.client.update(gun), tag)).toMatchObject({ name: tag, length: 7 });
    },
  );

  test('NM-09: names that are no tags stay unseen', async () => {
    for (const name of ['../x', 'a/b', `sha256:${'0'.repeat(64)}`, 'a'.repeat(129), '', '\u202e'])
      repository.tag(name, 'content');
    repository.tag('latest', 'content').publish();
    expect(listReleased(await rig.client.update(gun)).map(({ name }) => name)).toEqual(['latest']);
  });
});

describe('delegations', () => {
  const notSigned = expect.objectContaining({ code: 'NOT_SIGNED' }) as Error;

  test('DG-01, DG-03, DG-04: paths are prefixes, and none allows nothing', async () => {
    const rows = [
      [['v1'], 'latest', false],
      [['v1'], 'v1', true],
      [['v1'], 'v1evil', true],
      [['x', ''], 'latest', true],
      [[], 'latest', false],
    ] as const;
    for (const [paths, tag, allowed] of rows) {
      repository.delegate('targets/releases', makeKeys(1), { paths }).tag(tag, 'new', 'targets/releases');
      repository.role('targets/releases').version = repository.top.version;
      const trusted = await rig.client.update(repository.publish('targets', 'targets/releases').gun);
      if (allowed) expect(findReleased(trusted, tag).role).toBe('targets/releases');
      else expect(() => findReleased(trusted, tag)).toThrow(notSigned);
      const listed = listReleased(trusted).filter(({ name, role }) => name === tag && role !== 'targets');
      expect(listed, `${tag} in the list`).toHaveLength(allowed ? 1 : 0);
    }
  });

  test.each([[null], [1], [{}]])('DG-03: the path %j', async (path) => {
    repository.delegate('targets/a', makeKeys(1));
    repository.top.edit = (body) =>
      JSON.parse(
        JSON.stringify(body).replace('"paths":[""]', `"paths":[${JSON.stringify(path)}]`),
      ) as JsonValue;
    repository.publish();
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  test('DG-03: a role speaks for a name when all roles above it may', async () => {
    repository.delegate('targets/a', makeKeys(1), { paths: ['v1'] }).delegate('targets/a/b', makeKeys(1));
    for (const role of ['targets/a', 'targets/a/b'])
      repository.tag('v1', 'content', role).tag('latest', 'content', role);
    repository.publish('targets', 'targets/a', 'targets/a/b');
    const trusted = await rig.client.update(gun);
    for (const role of ['targets/a', 'targets/a/b'])
      expect(listSignedBy(trusted, role as RoleName).map(({ name }) => name)).toEqual(['v1']);
  });

  test('DG-05, RB-12: only releases and targets count, releases first', async () => {
    for (const name of ['targets/alice', 'targets/releases', 'targets/releases/x'])
      repository.delegate(name, makeKeys(1));
    repository.tag('a', 'by alice', 'targets/alice').tag('x', 'deeper', 'targets/releases/x');
    repository.tag('both', 'old').tag('both', 'new!', 'targets/releases');
    repository.publish('targets', 'targets/alice', 'targets/releases', 'targets/releases/x');
    const trusted = await rig.client.update(gun);
    expect(trusted.delegations.size).toBe(3);
    for (const tag of ['a', 'x']) expect(() => findReleased(trusted, tag)).toThrow(notSigned);
    const both = { name: 'both', role: 'targets/releases', length: 4 };
    expect(findReleased(trusted, 'both')).toMatchObject(both);
    expect(listReleased(trusted).filter(({ name }) => ['a', 'x', 'both'].includes(name))).toEqual([
      expect.objectContaining(both),
    ]);
  });

  // CVE-2025-2886 is about clients that should have stopped there. Notary knows no such field, and signs over it.
  test('DG-05, JS-12: releases that call themselves terminating end nothing', async () => {
    repository.delegate('targets/releases', makeKeys(1)).tag('both', 'new!', 'targets/releases');
    repository.tag('both', 'old').tag('below', 'content');
    repository.top.edit = (body) =>
      JSON.parse(JSON.stringify(body).replaceAll('"paths"', '"terminating":true,"paths"')) as JsonValue;
    repository.publish('targets', 'targets/releases');
    const trusted = await rig.client.update(gun);
    expect(findReleased(trusted, 'both').role).toBe('targets/releases');
    expect(findReleased(trusted, 'below').role).toBe('targets');
  });

  test('DG-07: a cached file counts under the keys that its parent gives now', async () => {
    repository.delegate('targets/releases', makeKeys(1)).publish('targets', 'targets/releases');
    await rig.client.update(gun);
    const before = repository.saved();
    repository.role('targets/releases').keys = makeKeys(1);
    repository.publish();
    await expectRefusalThenRecovery(rig, 'THRESHOLD', before, { role: 'targets/releases', valid: 0 });
  });

  test('DG-08: a file that no snapshot names is not asked for', async () => {
    repository.omitted.add('targets/a');
    repository.delegate('targets/a', makeKeys(1)).publish('targets', 'targets/a');
    rig.server.takeRequests();
    expect((await rig.client.update(gun)).delegations.size).toBe(0);
    expect(rig.server.takeRequests().filter((name) => name.includes('/a'))).toEqual([]);
  });

  test('ED-12: more delegations than anybody needs', async () => {
    const keys = makeKeys(1);
    for (let i = 0; i <= 1024; i++) repository.delegate(`targets/d${i}`, keys);
    repository.publish();
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });
});

describe('signed entries', () => {
  const sha256 = toBase64(metaOf('x').hashes.get('sha256') as Uint8Array);
  const sha512 = toBase64(metaOf('x').hashes.get('sha512') as Uint8Array);
  const sign = (entry: JsonValue): void => {
    repository.top.edit = (body) => ({ ...body, targets: { tag: entry } });
    repository.publish();
  };

  test.each([
    ['TG-01: no hashes', { hashes: {}, length: 1 }],
    ['TG-02: only sha512', { hashes: { sha512 }, length: 1 }],
    ['TG-02: only others', { hashes: { md5: 'AAAA', sha3: 'AAAA' }, length: 1 }],
    ['TG-03: 30 bytes', { hashes: { sha256: 'A'.repeat(40) }, length: 1 }],
    ['TG-03: hexadecimal', { hashes: { sha256: '0'.repeat(64) }, length: 1 }],
    ['TG-03: empty', { hashes: { sha256: '' }, length: 1 }],
    ['TG-04: a short sha512', { hashes: { sha256, sha512: sha256 }, length: 1 }],
    ['TG-05: length 0', { hashes: { sha256 }, length: 0 }],
    ['TG-05: length -1', { hashes: { sha256 }, length: -1 }],
    ['TG-05: length 2^50', { hashes: { sha256 }, length: 2 ** 50 }],
  ])('%s: refused for a pull, and not listed', async (_what, entry) => {
    sign(entry);
    const trusted = await rig.client.update(gun);
    const unusable = expect.objectContaining({ code: 'TARGET_UNUSABLE' }) as Error;
    expect(() => findReleased(trusted, 'tag')).toThrow(unusable);
    expect(listReleased(trusted)).toEqual([]);
  });

  test.each([
    ['TG-01: hashes null', { hashes: null, length: 1 }],
    ['TG-01: hashes missing', { length: 1 }],
    ['TG-03: wrong padding', { hashes: { sha256: sha256.slice(0, -1) }, length: 1 }],
    ['no length', { hashes: { sha256 } }],
    ['an entry that is null', null],
  ])('%s: not metadata', async (_what, entry) => {
    sign(entry);
    await expectRefusalThenRecovery(rig, 'MALFORMED', honest);
  });

  test('TG-05: as large as a manifest may be', async () => {
    sign({ hashes: { sha256 }, length: limits.manifestBytes });
    expect(findReleased(await rig.client.update(gun), 'tag').length).toBe(limits.manifestBytes);
  });

  test('TG-09: custom data is kept and not looked at', async () => {
    sign({ custom: { a: ['<script>', { constructor: 1 }] }, hashes: { sha256 }, length: 1 });
    expect(findReleased(await rig.client.update(gun), 'tag').length).toBe(1);
  });
});
