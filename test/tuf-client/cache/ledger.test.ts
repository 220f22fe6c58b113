// The version ledger on disk: what is written is read again, and a damaged one is never taken for an empty one (RB-07).
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { createLedger } from '../../../src/tuf-client/cache/index.ts';
import type { KeyId, RoleName } from '../../../src/tuf-client/model/index.ts';
import { mergeMemories, type Memory, type Remembered } from '../../../src/tuf-client/trust/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { gun, ledgerPath, otherGun, trustedRig } from '../support.ts';
import { fc, tries } from '../../support/properties.ts';

const hash = (digit: string): string => digit.repeat(64);
const entry = (version: number, keys = '1:a', digit = '1'): Remembered => {
  return { version, sha256: hash(digit), keys, withdrawn: false };
};
const memory = (version: number, roles: Readonly<Record<string, Remembered>> = {}, at = 1): Memory => ({
  trusted: { at, how: 'first-use', rootKeys: [hash('a') as KeyId] },
  root: { version, sha256: hash('0') },
  roles: new Map(Object.entries(roles) as [RoleName, Remembered][]),
  confirmedAt: at,
});

/** A valid ledger, as text to be spoilt. */
const valid = JSON.stringify({
  trusted: { at: 1, how: 'first-use', rootKeys: [hash('a')] },
  root: { version: 1, sha256: hash('0') },
  roles: { 'targets/a': entry(3) },
});

async function reading(text: string) {
  const files = new MemoryFiles();
  await files.write(ledgerPath(), utf8(text));
  return createLedger(files).read(gun);
}

describe('layout', () => {
  test('none is undefined, and each GUN has its own below dct/', async () => {
    const files = new MemoryFiles();
    const ledger = createLedger(files);
    expect(await ledger.read(gun)).toBeUndefined();
    await ledger.write(gun, memory(1));
    await ledger.write(otherGun, memory(2));
    expect([...files.contents.keys()]).toEqual([`dct/${gun}/_ledger.json`, `dct/${otherGun}/_ledger.json`]);
    expect((await ledger.read(gun))?.root.version).toBe(1);
  });

  test('whatever is written is read again', async () => {
    const version = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const roles = fc.dictionary(
      fc.constantFrom('timestamp', 'snapshot', 'targets', 'targets/a', 'targets/a/b', 'targets/__proto__'),
      fc.record({
        version,
        sha256: fc.constantFrom(hash('1'), hash('f')),
        keys: fc.string(),
        withdrawn: fc.boolean(),
      }),
    );
    const how = fc.constantFrom('first-use', 'pin', 'cache', 'created' as const);
    const memories = fc
      .record({ at: fc.nat(), how, root: version, roles })
      .map(({ at, how: way, root, roles: entries }): Memory => ({
        ...memory(root, entries),
        trusted: { at, how: way, rootKeys: [hash('b') as KeyId] },
      }));
    await fc.assert(
      fc.asyncProperty(memories, async (written) => {
        const ledger = createLedger(new MemoryFiles());
        await ledger.write(gun, written);
        expect(await ledger.read(gun)).toEqual(written);
      }),
      tries(50),
    );
  });
});

describe('damaged: CACHE_CORRUPT', () => {
  test('the example is whole', async () => {
    expect((await reading(valid))?.roles.get('targets/a' as RoleName)?.version).toBe(3);
  });

  test.each([
    ['empty', ''],
    ['cut', valid.slice(0, -1)],
    ['zeros', '\u0000'.repeat(64)],
    ['an empty object', '{}'],
    ['null', 'null'],
    ['a list', '[]'],
    ['something behind it', `${valid}x`],
    ['a version twice', valid.replace('"version":1,', '"version":9,"version":1,')],
    ['no root', valid.replace('"root"', '"rot"')],
    ['no roles', valid.replace('"roles"', '"rules"')],
    ['no trusted', valid.replace('"trusted"', '"trusty"')],
    ['root version 0', valid.replace('"version":1', '"version":0')],
    ['root version 1.5', valid.replace('"version":1', '"version":1.5')],
    ['root version in quotes', valid.replace('"version":1', '"version":"1"')],
    ['a hash in upper case', valid.replace(hash('1'), hash('A'))],
    ['a short hash', valid.replace(hash('0'), hash('0').slice(1))],
    ['a role that is none', valid.replace('targets/a', 'targets/../a')],
    ['a role that is null', valid.replace(JSON.stringify(entry(3)), 'null')],
    ['a role version below 1', valid.replace('"version":3', '"version":-3')],
    ['keys that are a list', valid.replace('"1:a"', '["1:a"]')],
    ['withdrawn as a number', valid.replace('"withdrawn":false', '"withdrawn":0')],
    ['no time', valid.replace('"at":1', '"at":null')],
    ['an unknown way', valid.replace('first-use', 'hearsay')],
    ['root keys as text', valid.replace(`["${hash('a')}"]`, `"${hash('a')}"`)],
    ['no root keys', valid.replace(`,"rootKeys":["${hash('a')}"]`, '')],
    ['a root key that is none', valid.replace(hash('a'), 'a')],
  ])('%s', async (_, text) => {
    expect(text).not.toBe(valid);
    expect(await codeOfRejection(reading(text))).toBe('CACHE_CORRUPT');
  });

  test('an update stops there, asks nobody and changes nothing', async () => {
    const rig = await trustedRig();
    rig.files.contents.set(ledgerPath(), utf8(valid.slice(0, -1)));
    const before = rig.files.copy();
    rig.server.takeRequests();
    expect(await codeOfRejection(rig.client.update(gun))).toBe('CACHE_CORRUPT');
    expect(rig.server.takeRequests()).toEqual([]);
    expect(rig.files.differences(before)).toEqual([]);
  });
});

describe('merging two memories that were made side by side', () => {
  test('alone', () => {
    const ours = memory(1);
    expect(mergeMemories(ours, undefined)).toBe(ours);
  });

  test.each([
    ['the higher version of a role, ours', entry(5), entry(4), 5],
    ['the higher version of a role, theirs', entry(4), entry(5), 5],
  ])('%s', (_, mine, theirs, version) => {
    const merged = mergeMemories(memory(1, { targets: mine }), memory(1, { targets: theirs }));
    expect(merged.roles.get('targets' as RoleName)?.version).toBe(version);
  });

  test('roles that only one side knows', () => {
    const merged = mergeMemories(memory(1, { targets: entry(1) }), memory(1, { 'targets/a': entry(2) }));
    expect([...merged.roles.keys()].sort()).toEqual(['targets', 'targets/a']);
  });

  test('under other keys, the side with the newer root is right', () => {
    const older = memory(1, { targets: entry(9, '1:old') });
    const newer = memory(2, { targets: entry(1, '1:new') });
    for (const merged of [mergeMemories(older, newer), mergeMemories(newer, older)])
      expect({ root: merged.root.version, targets: merged.roles.get('targets' as RoleName) }).toEqual({
        root: 2,
        targets: entry(1, '1:new'),
      });
  });

  test('trust began when the stored memory says', () => {
    expect(mergeMemories(memory(2, {}, 50), memory(1, {}, 10)).trusted.at).toBe(10);
  });
});
