// KS-01: nothing in an encrypted key is authenticated, and yet a wrong passphrase is always told as one.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { readLockedKey } from '../../src/keystore/open-key.ts';
import { decryptLegacy, readLegacyEncryption } from '../../src/keystore/legacy-encryption.ts';
import { decryptKey, readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem, type PemBlock } from '../../src/keystore/pem.ts';
import { answering, nobodyToAsk, passphrase, storeWith, vector, vectors } from './vectors.ts';

/** Random, but the same in every run. */
const wrongPassphrase = (i: number): string => createHash('sha256').update(`guess ${i}`).digest('base64');

describe('KS-01: thousands of wrong passphrases', () => {
  test.each<[string, number, (block: PemBlock, secret: Uint8Array) => Promise<Uint8Array | undefined>]>([
    ['pbes2-one-iteration', 10_000, (block, secret) => decryptKey(readEncryptedKey(block.content), secret)],
    [
      'legacy-aes256',
      2_000,
      (block, secret) => Promise.resolve(decryptLegacy(readLegacyEncryption(block), secret)),
    ],
  ])('never open %s, although some of them fit its padding', async (name, guesses, decrypt) => {
    const [block] = readPem(utf8(vector(name).text));
    const locked = readLockedKey(block);
    let padded = 0;
    for (let i = 0; i < guesses; i++) {
      const secret = utf8(wrongPassphrase(i));
      if ((await locked.open(secret)) !== undefined) expect.fail(`opened by guess ${i}`);
      if (i < 2000 && (await decrypt(block, secret)) !== undefined) padded++;
    }
    // Otherwise this would have shown nothing about what comes after the padding.
    expect(padded).toBeGreaterThan(2);
    expect((await locked.open(utf8(passphrase)))?.signer.keyId).toBe(vector(name).keyId);
  });
});

describe.each(vectors.filter(({ text }) => text.includes('ENCRYPTED')))('$name', ({ keyId, role, text }) => {
  const files = { [`private/${keyId}.key`]: text };

  test('with a wrong passphrase is WRONG_PASSPHRASE, and names key, role and source', async () => {
    const store = await storeWith(files, answering('wrong'));
    await expect(store.signer(keyId)).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
      facts: { keyId, role, source: 'the test' },
    });
  });
});

test.each(['correct horse ', ' correct horse', 'correct horse\n', 'Correct horse', ''])(
  'a key is not opened by %j (KS-09)',
  async (almost) => {
    const { keyId, text } = vector('notary-p256');
    const store = await storeWith({ [`private/${keyId}.key`]: text }, answering(almost));
    await expect(store.signer(keyId)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  },
);

test('the error carries no passphrase', async () => {
  const { keyId, text } = vector('notary-p256');
  const store = await storeWith({ [`private/${keyId}.key`]: text }, answering('secret guess'));
  const error: unknown = await store.signer(keyId).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret guess');
});

test('after a wrong passphrase the right one still opens the key', async () => {
  const { keyId, text } = vector('notary-p256');
  const answers = ['wrong', undefined, passphrase];
  const store = await storeWith(
    { [`private/${keyId}.key`]: text },
    {
      get: () => {
        const next = answers.shift();
        return Promise.resolve(next === undefined ? undefined : { passphrase: next, source: 'the test' });
      },
    },
  );
  await expect(store.signer(keyId)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  expect((await store.signer(keyId)).keyId).toBe(keyId);
});

describe('KS-05: the key must be the one that its file’s name says', () => {
  const { text } = vector('notary-p384');
  const { keyId: other } = vector('notary-p256');

  test('the right passphrase of another key is KEY_ID_WRONG, which names that key', async () => {
    const store = await storeWith({ [`private/${other}.key`]: text }, answering(passphrase));
    await expect(store.signer(other)).rejects.toMatchObject({
      code: 'KEY_ID_WRONG',
      facts: { actual: vector('notary-p384').keyId },
    });
  });

  test('so is a plain key under a wrong name', async () => {
    const store = await storeWith({ [`private/${other}.key`]: vector('plain-pkcs8-p384').text }, nobodyToAsk);
    await expect(store.signer(other)).rejects.toMatchObject({ code: 'KEY_ID_WRONG' });
  });

  test.each([
    ['a name that begins with the id', (id: string) => `${id}0.key`],
    ['the beginning of the id', (id: string) => `${id.slice(0, 63)}.key`],
    ['the id in capitals', (id: string) => `${id.toUpperCase()}.key`],
    ['the id without the ending', (id: string) => id],
  ])('%s is not that key', async (_what, name) => {
    const { keyId } = vector('notary-p384');
    const store = await storeWith({ [`private/${name(keyId)}`]: text }, nobodyToAsk);
    expect(await store.held([keyId])).toEqual([]);
    await expect(store.signer(keyId)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});
