// Taking keys from files: what is read, what is refused, and what an import never overwrites (dialect 5.5).
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { limits } from '../../src/base/limits.ts';
import { openKeyStore } from '../../src/keystore/index.ts';
import { readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { always, importTexts, memoryKeeper, withHeader, withoutHeaders } from './keeper.ts';
import { answers, memoryFiles, readsNothingAtFirst, type MemoryFiles } from './memory.ts';
import { nobodyToAsk, passphrase, refused, vector, vectors } from './vectors.ts';

const alice = vector('docker-alice');
const targets = vector('notary-targets');
const root = vector('notary-root');
const path = (id: string): string => `private/${id}.key`;
const gun = 'registry.test/a';

/** The key opens from there with that passphrase, as the key it shall be. */
async function expectOpens(
  files: MemoryFiles,
  keyId: typeof alice.keyId,
  secret = passphrase,
): Promise<void> {
  const store = openKeyStore({ files, passphrases: always(secret), openDirectory: () => files });
  expect((await store.signer(keyId)).keyId).toBe(keyId);
}

describe('KS-04: every form is taken', () => {
  describe.each(vectors)('$name', ({ keyId, text, role, gun: owner }) => {
    it.each([
      ['as it is', text],
      ['without any header', text.includes('DEK-Info') ? text : withoutHeaders(text)],
      ['with the path header of an export', withHeader(text, 'path', keyId)],
    ])('%s', async (_what, content) => {
      const { keeper, files } = memoryKeeper();
      const [key] = await importTexts(keeper, [content], { gun });
      expect(key).toMatchObject({ keyId, state: 'new', file: `/trust/${path(keyId)}` });
      expect(key?.role).toBe(content.includes('role:') ? role : 'delegation');
      expect(key?.gun).toBe(content.includes('role:') ? owner : undefined);
      await expectOpens(files, keyId);
    });

    it('is stored encrypted, in a form that notary opens', async () => {
      const { keeper, files } = memoryKeeper();
      await importTexts(keeper, [text], { gun });
      const [block] = readPem(files.contents.get(path(keyId)) ?? new Uint8Array());
      expect(block.label).toBe('ENCRYPTED PRIVATE KEY');
      expect(readEncryptedKey(block.content)).toMatchObject({ hash: 'sha1', cipher: { keyBytes: 32 } });
      expect([...block.headers.keys()].sort()).toEqual(owner === undefined ? ['role'] : ['gun', 'role']);
    });
  });

  it('what notary can open keeps its bytes', async () => {
    const { keeper, files } = memoryKeeper();
    await importTexts(keeper, [withHeader(alice.text, 'path', alice.keyId)]);
    expect(Buffer.from(files.contents.get(path(alice.keyId)) ?? []).toString()).toBe(alice.text);
  });

  it('the rounds that guard a key do not become fewer when it is written anew (P-67)', async () => {
    const strong = vector('pbes2-default-p384');
    const { keeper, files } = memoryKeeper();
    await importTexts(keeper, [strong.text]);
    const rounds = (bytes: Uint8Array): number => readEncryptedKey(readPem(bytes)[0].content).iterations;
    expect(rounds(files.contents.get(path(strong.keyId)) ?? new Uint8Array())).toBeGreaterThanOrEqual(
      rounds(utf8(strong.text)),
    );
    const weak = vector('pbes2-one-iteration');
    await importTexts(keeper, [weak.text]);
    expect(rounds(files.contents.get(path(weak.keyId)) ?? new Uint8Array())).toBe(2048);
  });
});

describe('a bundle', () => {
  it('may hold many keys, each for its own role and repository', async () => {
    const { keeper, files } = memoryKeeper();
    const keys = await importTexts(keeper, [alice.text + targets.text, root.text]);
    expect(keys.map(({ keyId, from }) => [keyId, from])).toEqual([
      [alice.keyId, '/in/0.pem (key 1 of 2)'],
      [targets.keyId, '/in/0.pem (key 2 of 2)'],
      [root.keyId, '/in/1.pem'],
    ]);
    expect([...files.contents.keys()].sort()).toEqual(
      [alice, targets, root].map((k) => path(k.keyId)).sort(),
    );
  });

  it('with the same key twice is that key, once', async () => {
    const { keeper } = memoryKeeper();
    expect(await importTexts(keeper, [alice.text, alice.text])).toHaveLength(1);
  });

  it('with the same key for two signers is refused', async () => {
    const { keeper, files } = memoryKeeper();
    const twice = [alice.text, withHeader(alice.text, 'role', 'bob')];
    await expect(importTexts(keeper, twice)).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    expect(files.contents.size).toBe(0);
  });

  it('with the same key for two repositories is refused', async () => {
    const { keeper, files } = memoryKeeper();
    const twice = [targets.text, withHeader(targets.text, 'gun', gun)];
    await expect(importTexts(keeper, twice)).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    expect(files.contents.size).toBe(0);
  });

  it('may be as large as the bound', async () => {
    const bare = withHeader(alice.text, 'note', '').length;
    const text = withHeader(alice.text, 'note', 'x'.repeat(limits.keyBundleBytes - bare));
    expect(utf8(text)).toHaveLength(limits.keyBundleBytes);
    expect(await importTexts(memoryKeeper().keeper, [text])).toMatchObject([{ role: 'alice' }]);
  });

  it('may hold the key of a delegation that is no signer', async () => {
    const text = withHeader(alice.text, 'role', 'targets/releases');
    expect(await importTexts(memoryKeeper().keeper, [text])).toMatchObject([{ role: 'targets/releases' }]);
  });

  it.each([
    { where: `tuf_keys/${gun}/${targets.keyId}`, role: 'targets', owner: gun },
    { where: `tuf_keys/${gun}/${targets.keyId}_snapshot`, role: 'snapshot', owner: gun },
    { where: `root_keys/${targets.keyId}_root`, role: 'root', owner: undefined },
  ])('of old has paths like $where', async ({ where, role, owner }) => {
    const { keeper } = memoryKeeper();
    const text = withHeader(withoutHeaders(targets.text), 'path', where);
    const [key] = await importTexts(keeper, [text], { defaultRole: role });
    expect(key).toMatchObject({ keyId: targets.keyId, role });
    expect(key?.gun).toBe(owner);
  });
});

describe('KS-11: a bundle decides neither where it is written nor what it replaces', () => {
  it.each(['../../../etc/passwd', '/etc/cron.d/x', `../${alice.keyId}`, 'tuf_keys/..', 'mykey', ''])(
    'the path header "%s" is refused',
    async (where) => {
      const { keeper, files } = memoryKeeper({ passphrases: nobodyToAsk });
      const text = withHeader(alice.text, 'path', where);
      await expect(importTexts(keeper, [text])).rejects.toMatchObject({ code: 'KEY_FORMAT' });
      expect(files.contents.size).toBe(0);
    },
  );

  it('a path header that promises another key is refused', async () => {
    const { keeper, files } = memoryKeeper();
    const text = withHeader(alice.text, 'path', root.keyId);
    await expect(importTexts(keeper, [text])).rejects.toMatchObject({
      code: 'KEY_ID_WRONG',
      facts: { actual: alice.keyId },
    });
    expect(files.contents.size).toBe(0);
  });

  it.each([
    ['a wrong passphrase', withHeader(vector('notary-p384').text, 'role', 'bob'), 'WRONG_PASSPHRASE'],
    ['damage', alice.text.replace(/\n[^\n]+\n-----END/, '\n-----END'), 'KEY_FORMAT'],
    ['a public key', vectorPublicKey(), 'KEY_FORMAT'],
    ['no repository', withoutHeaders(targets.text), 'KEY_FORMAT'],
  ])('%s in one key keeps all of them out', async (_what, bad, code) => {
    const passphrases = { get: (r: { role: string; attempt: number }) => perRole(r) };
    const { keeper, files } = memoryKeeper({ passphrases });
    const good = [root.text, alice.text];
    const options = code === 'KEY_FORMAT' ? { defaultRole: 'targets' } : {};
    await expect(importTexts(keeper, [...good, bad], options)).rejects.toMatchObject({ code });
    expect(files.contents.size).toBe(0);
  });

  function perRole({ role, attempt }: { role: string; attempt: number }) {
    if (attempt > 0) return Promise.resolve(undefined);
    return Promise.resolve({ passphrase: role === 'bob' ? 'not this' : passphrase, source: 'the test' });
  }

  const present = (text: string): MemoryFiles => memoryFiles('/trust', { [path(alice.keyId)]: text });

  it('a key that is here under the same passphrase is left as it is', async () => {
    const files = present(alice.text);
    const { keeper } = memoryKeeper({ files });
    const [key] = await importTexts(keeper, [vector('docker-alice').text]);
    expect(key?.state).toBe('present');
    expect([...files.contents.keys()]).toEqual([path(alice.keyId)]);
  });

  it('so is one whose file has other bytes: the import can be run again', async () => {
    const plain = vector('plain-pkcs8-p384');
    const { keeper, files } = memoryKeeper();
    await importTexts(keeper, [plain.text]);
    const before = files.contents.get(path(plain.keyId));
    const [key] = await importTexts(keeper, [plain.text]);
    expect(key?.state).toBe('present');
    expect(files.contents.get(path(plain.keyId))).toBe(before);
  });

  const differences: readonly [string, string, RegExp][] = [
    ['for another signer', withHeader(alice.text, 'role', 'bob'), /for bob/],
    [
      'for a repository',
      withHeader(withHeader(alice.text, 'role', 'targets'), 'gun', gun),
      /registry\.test\/a/,
    ],
    ['damaged', alice.text.slice(0, 200), /damaged/],
    ['another key under its name', root.text.replace('role: root', 'role: alice'), /damaged/],
  ];

  it.each(differences)('one that is here %s is not replaced', async (_what, there, problem) => {
    const files = present(there);
    const { keeper } = memoryKeeper({ files });
    await expect(importTexts(keeper, [alice.text, root.text])).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      facts: { keyId: alice.keyId, problem: expect.stringMatching(problem) as string },
    });
    expect([...files.contents]).toEqual([[path(alice.keyId), utf8(there)]]);
  });

  it.each(differences)('with force it is, and the one %s is in the archive', async (_what, there) => {
    const files = present(there);
    const { keeper } = memoryKeeper({ files });
    const [key] = await importTexts(keeper, [alice.text], { force: true });
    expect(key?.state).toBe('replaced');
    expect(files.contents.get(`dct/_archive/${alice.keyId}.key`)).toEqual(utf8(there));
    await expectOpens(files, alice.keyId);
  });

  it('one under another passphrase is a conflict: the backup may be the older one', async () => {
    const older = memoryKeeper({ passphrases: always('the passphrase of today') });
    await importTexts(older.keeper, [withHeader(vector('plain-pkcs8-p256').text, 'role', 'alice')]);
    const backup = vector('notary-p256').text.replace(/^role: .*$/m, 'role: alice');
    const { keeper } = memoryKeeper({ files: older.files });
    await expect(importTexts(keeper, [backup])).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      facts: { problem: 'under another passphrase' },
    });
    await expectOpens(older.files, vector('notary-p256').keyId, 'the passphrase of today');
  });

  it('one of the same role in another repository is a conflict', async () => {
    const { keeper, files } = memoryKeeper();
    await importTexts(keeper, [targets.text]);
    const other = withHeader(targets.text, 'gun', 'registry.test/b');
    await expect(importTexts(keeper, [other])).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect(files.contents.size).toBe(1);
  });

  it('one without a passphrase is a conflict: the backup has one', async () => {
    const { keyId, text } = vector('plain-pkcs8-p256');
    const files = memoryFiles('/trust', { [path(keyId)]: withHeader(text, 'role', 'alice') });
    const backup = vector('notary-p256').text.replace(/^role: .*$/m, 'role: alice');
    await expect(importTexts(memoryKeeper({ files }).keeper, [backup])).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      facts: { keyId, problem: 'without passphrase' },
    });
  });

  it('one of the old layout moves to today’s, with force', async () => {
    const old = `private/tuf_keys/${gun}/${targets.keyId}_targets.key`;
    const files = memoryFiles('/trust', { [old]: 'damaged' });
    const { keeper } = memoryKeeper({ files });
    await importTexts(keeper, [targets.text], { force: true });
    expect([...files.contents.keys()].sort()).toEqual(
      [`dct/_archive/${targets.keyId}.key`, path(targets.keyId)].sort(),
    );
  });

  it('a key that appears between reading and writing is not overwritten', async () => {
    const { keeper, files } = memoryKeeper();
    const source = { name: '/in/a.pem', bytes: utf8(alice.text) };
    const prepared = await keeper.prepareImport([source], { defaultRole: 'x' });
    files.contents.set(path(alice.keyId), utf8('somebody else’s'));
    await expect(prepared.store()).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    expect(files.contents.get(path(alice.keyId))).toEqual(utf8('somebody else’s'));
  });

  it.each([
    ['changes', utf8('somebody else’s')],
    ['is removed', undefined],
  ])('nor one that %s in between, with force', async (_what, other) => {
    const files = present('damaged');
    const { keeper } = memoryKeeper({ files });
    const source = { name: '/in/a.pem', bytes: utf8(alice.text) };
    const prepared = await keeper.prepareImport([source], { defaultRole: 'x', force: true });
    if (other === undefined) files.contents.delete(path(alice.keyId));
    else files.contents.set(path(alice.keyId), other);
    await expect(prepared.store()).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    expect(files.contents.get(path(alice.keyId))).toEqual(other);
  });

  it('nor one that was not there at first', async () => {
    const files = present('damaged');
    readsNothingAtFirst(files, path(alice.keyId));
    const { keeper } = memoryKeeper({ files });
    await expect(importTexts(keeper, [alice.text], { force: true })).rejects.toMatchObject({
      code: 'KEY_CHANGED',
    });
    expect(files.contents.get(path(alice.keyId))).toEqual(utf8('damaged'));
  });
});

describe('KS-12: what is no private key is named', () => {
  it.each<readonly [string, Uint8Array, RegExp]>([
    ...refused.map(([name, text]) => [name, utf8(text), /./] as const),
    ['a JWK', utf8('{"kty":"EC"}'), /JWK/],
    ['an SSH public key', utf8('ssh-ed25519 AAAA a@b'), /SSH/],
    ['an OpenSSH key', utf8('-----BEGIN OPENSSH PRIVATE KEY-----\n'), /ssh-keygen/],
    ['a PuTTY key', utf8('PuTTY-User-Key-File-3: x'), /PuTTY/],
    ['a PGP key', utf8('-----BEGIN PGP PRIVATE KEY BLOCK-----\n'), /PGP/],
    ['PKCS#12', Uint8Array.of(0x30, 0x82, 0x04, 0x00, 0x02, 0x01, 0x03, 0x30), /PKCS#12/],
    ['DER', Uint8Array.of(0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20), /DER/],
    ['a text', utf8('hello\n'), /PEM/],
    ['nothing', new Uint8Array(), /empty/],
    ['a huge file', new Uint8Array(17 * 1024 * 1024), /larger/],
  ])('%s', async (_what, bytes, problem) => {
    const { keeper } = memoryKeeper({ passphrases: nobodyToAsk });
    const importing = keeper.prepareImport([{ name: '/in/x', bytes }], { defaultRole: 'x' });
    await expect(importing).rejects.toMatchObject({
      code: 'KEY_FORMAT',
      facts: { problem: expect.stringMatching(problem) as string },
    });
  });
});

describe('KS-06: a plain key that others could read', () => {
  const source = (text: string, mode: number) => ({ name: '/in/x', bytes: utf8(text), mode });

  it.each([0o644, 0o640, 0o602, 0o660])('is refused (mode %o)', async (mode) => {
    const { keeper } = memoryKeeper();
    const plain = source(vector('plain-pkcs8-p256').text, mode);
    await expect(keeper.prepareImport([plain], { defaultRole: 'x' })).rejects.toMatchObject({
      code: 'KEY_REFUSED',
    });
  });

  it('is taken when they could not, or when it is encrypted', async () => {
    const { keeper } = memoryKeeper();
    const sources = [source(vector('plain-pkcs8-p256').text, 0o600), source(alice.text, 0o644)];
    expect((await keeper.prepareImport(sources, { defaultRole: 'x' })).keys).toHaveLength(2);
  });
});

describe('a key for a named signer', () => {
  it.each(['plain-no-role', 'docker-alice'])('%s gets that name, whatever its own is', async (name) => {
    const { keeper } = memoryKeeper();
    const [key] = await importTexts(keeper, [vector(name).text], { signer: 'frank' });
    expect(key?.role).toBe('frank');
  });

  it('must not be a root or repository key', async () => {
    const { keeper, files } = memoryKeeper();
    for (const { text } of [root, targets])
      await expect(importTexts(keeper, [text], { signer: 'frank' })).rejects.toMatchObject({
        code: 'KEY_REFUSED',
      });
    expect(files.contents.size).toBe(0);
  });

  it.each(['root', 'targets', 'releases'])('must not be kept as what it is not: %s', async (signer) => {
    const { keeper, files } = memoryKeeper();
    for (const text of [root.text, vector('plain-no-role').text, withHeader(alice.text, 'role', signer)])
      await expect(importTexts(keeper, [text], { signer })).rejects.toMatchObject({ code: 'USAGE' });
    expect(files.contents.size).toBe(0);
  });

  it('must have a name that can be', async () => {
    const { keeper } = memoryKeeper();
    const text = withHeader(alice.text, 'role', 'Alice Smith');
    await expect(importTexts(keeper, [text])).rejects.toMatchObject({ code: 'KEY_FORMAT' });
  });
});

describe('passphrases', () => {
  it('are asked for by place while the id is not known', async () => {
    const source = answers(passphrase);
    const { keeper } = memoryKeeper({ passphrases: source });
    await importTexts(keeper, [withoutHeaders(alice.text)]);
    expect(source.asked).toEqual([
      { keyId: '', file: '/in/0.pem', role: 'delegation', purpose: 'unlock', attempt: 0 },
    ]);
  });

  it('that are wrong name the place', async () => {
    const { keeper } = memoryKeeper({ passphrases: always('wrong') });
    await expect(importTexts(keeper, [alice.text])).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
      message: 'wrong passphrase for alice key in /in/0.pem (from the test)',
    });
  });

  it('are asked for once for a plain key: the new one', async () => {
    const source = answers('a new passphrase');
    const { keeper, files } = memoryKeeper({ passphrases: source });
    const { keyId, text } = vector('plain-pkcs8-p256');
    await importTexts(keeper, [text]);
    expect(source.asked).toMatchObject([{ keyId, purpose: 'create' }]);
    await expectOpens(files, keyId, 'a new passphrase');
  });
});

function vectorPublicKey(): string {
  return refused.find(([name]) => name === 'public-key')?.[1] ?? '';
}
