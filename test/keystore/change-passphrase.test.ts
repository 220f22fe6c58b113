// Another passphrase for a key: which are taken, and that the old file stands until the new one is safe.
import { describe, expect, it } from 'vitest';
import { openKeyStore } from '../../src/keystore/index.ts';
import { always, memoryKeeper, type MemoryKeeper } from './keeper.ts';
import { answers, memoryFiles, readsNothingAtFirst } from './memory.ts';
import { passphrase, vector } from './vectors.ts';

const alice = vector('docker-alice');
const path = (id: string): string => `private/${id}.key`;
const next = 'a much better one';

function keeperOf({ keyId, text }: { keyId: string; text: string }, ...given: string[]): MemoryKeeper {
  const files = memoryFiles('/trust', { [path(keyId)]: text });
  return memoryKeeper({ files, newPassphrases: answers(...given) });
}

async function opensWith({ files }: MemoryKeeper, secret: string, keyId = alice.keyId): Promise<boolean> {
  const store = openKeyStore({ files, passphrases: always(secret), openDirectory: () => files });
  return await store.signer(keyId).then(
    () => true,
    () => false,
  );
}

describe('a change', () => {
  it.each([
    'docker-alice',
    'legacy-aes256',
    'pbes2-aes-128-cbc-hmacWithSHA256',
    'plain-pkcs8-p256',
    'plain-pkcs8-ed25519',
  ])('locks %s with the new passphrase only, and keeps what the file says', async (name) => {
    const key = vector(name);
    const kept = keeperOf(key, next);
    await kept.keeper.changePassphrase(key.keyId);
    expect(await opensWith(kept, next, key.keyId)).toBe(true);
    expect(await opensWith(kept, passphrase, key.keyId)).toBe(false);
    const text = Buffer.from(kept.files.contents.get(path(key.keyId)) ?? []).toString();
    expect(text).toContain(`-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: ${key.role}\n\n`);
    expect([...kept.files.contents.keys()]).toEqual([path(key.keyId)]);
  });

  it('asks for the new one as for a new key', async () => {
    const source = answers(next);
    const files = memoryFiles('/trust', { [path(alice.keyId)]: alice.text });
    await memoryKeeper({ files, newPassphrases: source }).keeper.changePassphrase(alice.keyId);
    expect(source.asked).toEqual([{ keyId: alice.keyId, role: 'alice', purpose: 'create', attempt: 0 }]);
  });

  it.each([
    ['nothing', undefined, 'PASSPHRASE_MISSING'],
    ['a short one', 'seven77', 'PASSPHRASE_TOO_SHORT'],
    ['a short one of long characters', '🔑🔑🔑🔑🔑🔑🔑', 'PASSPHRASE_TOO_SHORT'],
    ['one that everybody tries', 'Password123!', 'PASSPHRASE_WEAK'],
    ['digits in a row', '12345678', 'PASSPHRASE_WEAK'],
    ['the old one', passphrase, 'PASSPHRASE_WEAK'],
  ])('to %s is refused', async (_what, given, code) => {
    const kept = keeperOf(alice, ...(given === undefined ? [] : [given]));
    await expect(kept.keeper.changePassphrase(alice.keyId)).rejects.toMatchObject({ code });
    expect([...kept.files.contents.keys()]).toEqual([path(alice.keyId)]);
    expect(await opensWith(kept, passphrase)).toBe(true);
  });

  it('needs the old one first', async () => {
    const newPassphrases = answers(next);
    const files = memoryFiles('/trust', { [path(alice.keyId)]: alice.text });
    const { keeper } = memoryKeeper({ files, newPassphrases, passphrases: always('wrong') });
    await expect(keeper.changePassphrase(alice.keyId)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    expect(newPassphrases.asked).toEqual([]);
  });

  it.each([
    ['does not run over somebody else’s', `${alice.text}\n`],
    ['does not bring back a key that somebody removed', undefined],
  ])('%s', async (_what, other) => {
    const kept = keeperOf(alice);
    const newPassphrases = {
      get: () => {
        if (other === undefined) kept.files.contents.delete(path(alice.keyId));
        else kept.files.contents.set(path(alice.keyId), Buffer.from(other));
        return Promise.resolve({ passphrase: next, source: 'the test' });
      },
    };
    const { keeper } = memoryKeeper({ files: kept.files, newPassphrases });
    await expect(keeper.changePassphrase(alice.keyId)).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    expect(kept.files.contents.get(path(alice.keyId))?.toString()).toBe(other);
  });

  it('does not run over a key that was not there at first', async () => {
    const kept = keeperOf(alice, next);
    readsNothingAtFirst(kept.files, path(alice.keyId));
    await expect(kept.keeper.changePassphrase(alice.keyId)).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    expect(await opensWith(kept, passphrase)).toBe(true);
  });

  it('to the old one is none, unless the rounds change', async () => {
    const kept = keeperOf(alice, passphrase);
    await kept.keeper.changePassphrase(alice.keyId, 4096);
    expect(await opensWith(kept, passphrase)).toBe(true);
  });

  it('KS-13: a disk that gives back something else never gets as far as the key', async () => {
    const kept = keeperOf(alice, next);
    const read = kept.files.read.bind(kept.files);
    kept.files.read = async (name) => {
      const bytes = await read(name);
      return name.endsWith('.new') ? bytes?.map((byte, i) => (i === 300 ? byte ^ 1 : byte)) : bytes;
    };
    await expect(kept.keeper.changePassphrase(alice.keyId)).rejects.toMatchObject({ code: 'DISK' });
    expect(await opensWith(kept, passphrase)).toBe(true);
  });
});
