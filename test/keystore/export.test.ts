// Giving keys away and taking them back: bundles, backups, and what is not given away.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { KeySelection } from '../../src/keystore/index.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { importTexts, memoryKeeper, withHeader, type MemoryKeeper } from './keeper.ts';
import { memoryFiles } from './memory.ts';
import { nobodyToAsk, vector } from './vectors.ts';

const [root, targets, alice] = [vector('notary-root'), vector('notary-targets'), vector('docker-alice')];
const all = [root, targets, alice];
const path = (id: string): string => `private/${id}.key`;
const stored = (keys = all) => Object.fromEntries(keys.map(({ keyId, text }) => [path(keyId), text]));

function full(contents = stored()): MemoryKeeper {
  return memoryKeeper({ files: memoryFiles('/trust', contents), passphrases: nobodyToAsk });
}

function write(
  { keeper }: MemoryKeeper,
  selection: KeySelection,
  changes: { isBackup?: boolean; force?: boolean } = {},
) {
  const request = { directory: '/out', name: 'keys.pem', isBackup: false, force: false, now: 1000 };
  return keeper.export({ ...request, selection, ...changes });
}

function text({ elsewhere }: MemoryKeeper): string {
  return Buffer.from(elsewhere.contents.get('keys.pem') ?? []).toString();
}

describe('an export', () => {
  it.each<[string, KeySelection, readonly (typeof root)[]]>([
    ['by id', { keyIds: [alice.keyId, root.keyId] }, [alice, root]],
    ['by repository', { guns: [targets.gun ?? ''] }, [targets]],
    ['of everything', 'all', [...all].sort((a, b) => (a.keyId < b.keyId ? -1 : 1))],
  ])(
    '%s is the blocks of the files, each with its id as path; no passphrase is asked for',
    async (_what, selection, keys) => {
      const kept = full();
      const { file, keys: told } = await write(kept, selection);
      expect(file).toBe('/out/keys.pem');
      expect(told.map(({ keyId }) => keyId)).toEqual(keys.map(({ keyId }) => keyId));
      const expected = keys.map(({ keyId, text: own }) => own.replace('role: ', `path: ${keyId}\nrole: `));
      expect(text(kept)).toBe(expected.join(''));
    },
  );

  it.each<[KeySelection, string]>([
    [{ keyIds: [vector('notary-p384').keyId] }, 'KEY_UNKNOWN'],
    [{ guns: [targets.gun ?? '', 'registry.test/none'] }, 'KEYS_NONE'],
  ])('of what is not here is an error, and writes nothing: %j', async (selection, code) => {
    const kept = full();
    await expect(write(kept, selection)).rejects.toMatchObject({ code });
    expect(kept.elsewhere.contents.size).toBe(0);
  });

  it('of an empty store is an error', async () => {
    await expect(write(full({}), 'all')).rejects.toMatchObject({ code: 'KEYS_NONE' });
  });

  it('KS-10: does not let a plain key out', async () => {
    const { keyId, text: plain } = vector('plain-pkcs8-p256');
    const kept = full({ ...stored(), [path(keyId)]: plain });
    await expect(write(kept, 'all')).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    expect(kept.elsewhere.contents.size).toBe(0);
  });

  it('does not pass a damaged key on', async () => {
    const kept = full({ ...stored(), [path(alice.keyId)]: alice.text.slice(0, 200) });
    await expect(write(kept, 'all')).rejects.toMatchObject({ code: 'KEY_FORMAT' });
  });

  it('does not overwrite a file, unless told to', async () => {
    const kept = full();
    kept.elsewhere.contents.set('keys.pem', utf8('precious'));
    await expect(write(kept, 'all')).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    expect(text(kept)).toBe('precious');
    await write(kept, 'all', { force: true });
    expect(text(kept)).toContain('BEGIN ENCRYPTED');
  });

  it('keeps the header that a key of the old encryption needs in front', async () => {
    const old = vector('legacy-aes256');
    const kept = full({ [path(old.keyId)]: old.text });
    await write(kept, 'all');
    expect(text(kept).split('\n')[1]).toBe('Proc-Type: 4,ENCRYPTED');
    const there = memoryKeeper();
    expect(await importTexts(there.keeper, [text(kept)])).toMatchObject([
      { keyId: old.keyId, role: old.role },
    ]);
  });

  it('gives keys of the old layout the role and repository that their place had told', async () => {
    const { keyId, text: own } = vector('plain-no-role');
    const kept = memoryKeeper();
    await importTexts(kept.keeper, [own], { defaultRole: 'zoe' });
    const bytes = kept.files.contents.get(path(keyId)) ?? new Uint8Array();
    const bare = Buffer.from(bytes)
      .toString()
      .replace(/^role: zoe\n\n/m, '');
    const old = full({ [`private/tuf_keys/registry.test/a/${keyId}_targets.key`]: bare });
    await write(old, 'all');
    const [{ headers }] = readPem(utf8(text(old)));
    expect(Object.fromEntries(headers)).toEqual({ path: keyId, role: 'targets', gun: 'registry.test/a' });
  });

  it('is remembered as a copy of its keys', async () => {
    const kept = full();
    await write(kept, { keyIds: [root.keyId] });
    const record = Buffer.from(kept.files.contents.get('dct/_copies.json') ?? []).toString();
    expect(JSON.parse(record)).toEqual({ [root.keyId]: { file: '/out/keys.pem', at: 1000 } });
  });
});

describe('KS-11: a backup', () => {
  async function backup(): Promise<string> {
    const kept = full();
    await write(kept, 'all', { isBackup: true });
    return text(kept);
  }
  const blocks = (whole: string): string[] => whole.split(/(?<=-----END [^\n]+\n)/);
  const restore = (content: string, kept = memoryKeeper()) =>
    importTexts(kept.keeper, [content], { wholeBackups: true });

  it('comes back byte by byte', async () => {
    const kept = memoryKeeper();
    expect(await restore(await backup(), kept)).toHaveLength(3);
    for (const { keyId, text: own } of all)
      expect(Buffer.from(kept.files.contents.get(path(keyId)) ?? []).toString()).toBe(own);
  });

  it('twice is as good as once', async () => {
    const kept = memoryKeeper();
    await restore(await backup(), kept);
    expect((await restore(await backup(), kept)).map(({ state }) => state)).toEqual(all.map(() => 'present'));
  });

  it.each<[string, (parts: string[]) => string[]]>([
    ['a missing key', ([a = '', b = '']) => [a, b]],
    ['no first key', ([, ...rest]) => rest],
    ['a key twice', ([a = '', b = '']) => [a, b, b]],
    ['a key too many', (parts) => [...parts, vector('notary-p384').text]],
    ['a key in place of another', ([a = '', b = '']) => [a, b, vector('notary-p384').text]],
    ['keys that never were in a backup', () => [alice.text, root.text]],
  ])('with %s is refused as a whole', async (_what, change) => {
    const kept = memoryKeeper({ passphrases: nobodyToAsk });
    const changed = change(blocks(await backup())).join('');
    await expect(restore(changed, kept)).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' });
    expect(kept.files.contents.size).toBe(0);
  });

  it('cut off within a key is no bundle at all', async () => {
    const whole = await backup();
    await expect(restore(whole.slice(0, -80))).rejects.toMatchObject({ code: 'KEY_FORMAT' });
  });

  it('with missing keys can still be imported on purpose', async () => {
    const { keeper } = memoryKeeper();
    const [first = '', second = ''] = blocks(await backup());
    expect(await importTexts(keeper, [first + second])).toHaveLength(2);
  });

  it('says nothing in a stored key', async () => {
    const kept = memoryKeeper();
    await importTexts(kept.keeper, [withHeader(alice.text, 'backup', '1 of 1')]);
    expect(Buffer.from(kept.files.contents.get(path(alice.keyId)) ?? []).toString()).toBe(alice.text);
  });
});
