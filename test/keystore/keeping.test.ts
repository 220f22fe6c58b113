// Looking after keys: finding one, archiving it, checking all, and the keychain.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { LoadKeychain } from '../../src/keystore/index.ts';
import { always, importTexts, memoryKeeper } from './keeper.ts';
import { answers, memoryFiles, type MemoryFiles } from './memory.ts';
import { passphrase, vector } from './vectors.ts';

const [root, targets, alice] = [vector('notary-root'), vector('notary-targets'), vector('docker-alice')];
const path = (id: string): string => `private/${id}.key`;
const stored = (...keys: readonly { keyId: string; text: string }[]): MemoryFiles =>
  memoryFiles('/trust', Object.fromEntries(keys.map(({ keyId, text }) => [path(keyId), text])));

describe('KS-05: a key is found', () => {
  const twin = `${alice.keyId.slice(0, 40)}${'0'.repeat(24)}`;

  it.each([64, 40, 7])('by the first %i digits of its id', async (digits) => {
    const { keeper } = memoryKeeper({ files: stored(root, alice) });
    expect((await keeper.find(alice.keyId.slice(0, digits))).keyId).toBe(alice.keyId);
  });

  it.each([
    ['by fewer digits', alice.keyId.slice(0, 6), 'USAGE'],
    ['by something else', 'alice', 'USAGE'],
    ['by capital letters', 'ABCDEF0', 'USAGE'],
    ['when it is not here', 'f'.repeat(64), 'KEY_UNKNOWN'],
    ['when there are two of them', twin.slice(0, 12), 'KEY_AMBIGUOUS'],
  ])('not %s', async (_what, text, code) => {
    const { keeper } = memoryKeeper({ files: stored(alice, { keyId: twin, text: alice.text }) });
    await expect(keeper.find(text)).rejects.toMatchObject({ code });
  });
});

describe('an archived key', () => {
  it('is out of the store, and can be imported again', async () => {
    const { keeper, files } = memoryKeeper({ files: stored(alice, root) });
    expect(await keeper.archive(alice.keyId)).toEqual({
      keyId: alice.keyId,
      archived: `/trust/dct/_archive/${alice.keyId}.key`,
    });
    expect(files.contents.has(path(alice.keyId))).toBe(false);
    const text = Buffer.from(files.contents.get(`dct/_archive/${alice.keyId}.key`) ?? []).toString();
    expect(text).toBe(alice.text);
    expect(await importTexts(keeper, [text])).toMatchObject([{ keyId: alice.keyId, role: 'alice' }]);
  });

  it('that vanishes in between is not archived', async () => {
    const { keeper, files } = memoryKeeper({ files: stored(alice) });
    files.read = () => Promise.resolve(undefined);
    await expect(keeper.archive(alice.keyId)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
    expect([...files.contents.keys()]).toEqual([path(alice.keyId)]);
  });

  it('keeps every version apart, and the same one once', async () => {
    const { keeper, files } = memoryKeeper({ files: stored(alice) });
    for (const text of [alice.text, `${alice.text}\n`, alice.text]) {
      files.contents.set(path(alice.keyId), Buffer.from(text));
      await keeper.archive(alice.keyId);
    }
    expect([...files.contents.keys()].sort()).toEqual([
      `dct/_archive/${alice.keyId}-2.key`,
      `dct/_archive/${alice.keyId}.key`,
    ]);
  });

  it('must be there', async () => {
    const { keeper } = memoryKeeper({ files: stored(root) });
    await expect(keeper.archive(alice.keyId)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});

describe('a check', () => {
  it('opens every key, and goes on after one that does not open', async () => {
    const p384 = vector('notary-p384');
    const files = stored(alice, root, p384, { keyId: 'e'.repeat(64), text: 'rubbish' });
    const passphrases = answers(passphrase);
    const { keeper } = memoryKeeper({
      files,
      passphrases: { get: (r) => (r.role === 'root' ? passphrases.get(r) : Promise.resolve(undefined)) },
    });
    const { keys, unreadable } = await keeper.check();
    expect(keys.map(({ key, problem }) => [key.role, problem?.code])).toEqual(
      [
        ['alice', 'PASSPHRASE_MISSING', alice.keyId],
        ['root', undefined, root.keyId],
        [p384.role, 'PASSPHRASE_MISSING', p384.keyId],
      ]
        .sort((a, b) => (String(a[2]) < String(b[2]) ? -1 : 1))
        .map((row) => row.slice(0, 2)),
    );
    expect(unreadable.map(({ code }) => code)).toEqual(['KEY_FORMAT']);
  });

  it.each<[string, (files: MemoryFiles) => Partial<Parameters<typeof memoryKeeper>[0]>, RegExp]>([
    [
      'somebody gives up',
      () => ({ passphrases: { get: () => Promise.reject(new DctError('INTERRUPTED', {})) } }),
      /interrupted/i,
    ],
    [
      'a source of passphrases breaks',
      () => ({ passphrases: { get: () => Promise.reject(new TypeError('broken source')) } }),
      /broken source/,
    ],
    [
      'the files break',
      (files) => {
        files.read = (name) =>
          name.startsWith('private/') ? Promise.reject(new TypeError('broken')) : Promise.resolve(undefined);
        return {};
      },
      /broken/,
    ],
  ])('does not go on when %s', async (_what, break_, says) => {
    const files = stored(alice);
    const { keeper } = memoryKeeper({ files, ...break_(files) });
    await expect(keeper.check()).rejects.toThrow(says);
  });

  it.each([
    ['plain keys', vector('plain-pkcs8-p256'), passphrase, /not encrypted/],
    ['root keys without a copy', root, passphrase, /no copy/],
  ])('warns of %s', async (_what, key, secret, warning) => {
    const { keeper } = memoryKeeper({ files: stored(key), passphrases: always(secret) });
    const { keys } = await keeper.check();
    expect(keys[0]?.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    ['short', 'short', /shorter than 8/],
    ['usual', 'password', /everybody/],
  ])('warns of a %s passphrase', async (_what, secret, warning) => {
    const { keeper } = memoryKeeper({ passphrases: always(secret) });
    await importTexts(keeper, [vector('plain-pkcs8-p256').text]);
    expect((await keeper.check()).keys[0]?.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('KS-06: warns of files and directories that others may use', async () => {
    const { keeper } = memoryKeeper({
      files: stored(alice),
      access: (file) =>
        Promise.resolve(file.endsWith('.key') ? { mode: 0o644, mine: false } : { mode: 0o777, mine: true }),
    });
    const { keys, warnings } = await keeper.check();
    expect(keys[0]?.warnings).toEqual([
      'other users may use it (mode 0644); let only yours',
      'it belongs to another user',
    ]);
    expect(warnings).toEqual(['other users may use it (mode 0777); let only yours']);
  });

  it('does not warn of a root key that was exported', async () => {
    const { keeper } = memoryKeeper({ files: stored(root) });
    await keeper.export({
      directory: '/out',
      name: 'x',
      isBackup: true,
      force: false,
      now: 5,
      selection: 'all',
    });
    expect((await keeper.check()).keys[0]).toMatchObject({ warnings: [], copy: { file: '/out/x', at: 5 } });
  });

  it('takes a damaged record of copies for none', async () => {
    const files = stored(root);
    files.contents.set('dct/_copies.json', Buffer.from('{"a":'));
    expect((await memoryKeeper({ files }).keeper.check()).keys[0]?.warnings).toHaveLength(1);
  });

  it('changes nothing', async () => {
    const files = stored(alice, targets);
    await memoryKeeper({ files }).keeper.check();
    expect([...files.contents.keys()].sort()).toEqual([alice, targets].map((k) => path(k.keyId)).sort());
  });
});

describe('the keychain', () => {
  function chain(): { readonly entries: Map<string, string>; readonly load: LoadKeychain } {
    const entries = new Map<string, string>();
    const keychain = {
      getPassword: (_service: string, account: string) => Promise.resolve(entries.get(account) ?? null),
      setPassword: (_service: string, account: string, text: string) =>
        Promise.resolve(void entries.set(account, text)),
      deletePassword: (_service: string, account: string) => Promise.resolve(entries.delete(account)),
    };
    return { entries, load: () => Promise.resolve(keychain) };
  }

  it('keeps the passphrase that opened the key, and lets it go', async () => {
    const { entries, load } = chain();
    const { keeper } = memoryKeeper({ files: stored(alice), loadKeychain: load });
    await keeper.remember(alice.keyId);
    expect([...entries]).toEqual([[alice.keyId, passphrase]]);
    expect(await keeper.forget(alice.keyId)).toBe(true);
    expect(await keeper.forget(alice.keyId)).toBe(false);
    expect(entries.size).toBe(0);
  });

  it('keeps no wrong one', async () => {
    const { entries, load } = chain();
    const passphrases = always('wrong');
    const { keeper } = memoryKeeper({ files: stored(alice), loadKeychain: load, passphrases });
    await expect(keeper.remember(alice.keyId)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    expect(entries.size).toBe(0);
  });

  it('keeps none for a key that has none', async () => {
    const plain = vector('plain-pkcs8-p256');
    const { keeper } = memoryKeeper({ files: stored(plain), loadKeychain: chain().load });
    await expect(keeper.remember(plain.keyId)).rejects.toMatchObject({ code: 'KEY_REFUSED' });
  });

  it.each<[string, LoadKeychain]>([
    ['is not installed', () => Promise.reject(new Error('no module'))],
    [
      'forgets at once',
      async () => ({ ...(await chain().load()), getPassword: () => Promise.resolve(null) }),
    ],
    [
      'is locked',
      async () => ({ ...(await chain().load()), setPassword: () => Promise.reject(new Error('locked')) }),
    ],
  ])('that %s is told', async (_what, loadKeychain) => {
    const { keeper } = memoryKeeper({ files: stored(alice), loadKeychain });
    await expect(keeper.remember(alice.keyId)).rejects.toMatchObject({ code: 'KEYCHAIN' });
  });
});
