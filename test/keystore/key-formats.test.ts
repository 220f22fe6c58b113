// KS-04: every format that Notary, Docker and OpenSSL write is read, and gives the key that those programs say it is.
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { keyMaterial, verifySignature, type Signer } from '../../src/tuf-client/crypto/index.ts';
import { answering, nobodyToAsk, passphrase, refused, storeWith, vector, vectors } from './vectors.ts';

const message = utf8('what is signed');

async function signatureVerifies(signer: Signer): Promise<boolean> {
  const { keyId, method, publicKey } = signer;
  const material = keyMaterial(publicKey);
  const value = await signer.sign(message);
  return material !== undefined && verifySignature(material, message, { keyId, method, value });
}

describe.each(vectors)('$name, made by $madeBy', ({ keyId, role, gun, text }) => {
  const encrypted = text.includes('ENCRYPTED');

  test('is listed without its passphrase', async () => {
    const store = await storeWith({ [`private/${keyId}.key`]: text }, nobodyToAsk);
    expect((await store.survey()).keys).toEqual([
      {
        keyId,
        role,
        ...(gun !== undefined && { gun }),
        encrypted,
        file: expect.stringContaining(keyId) as string,
      },
    ]);
  });

  test('opens, and signs so that its public half verifies', async () => {
    const source = encrypted ? answering(passphrase) : nobodyToAsk;
    const store = await storeWith({ [`private/${keyId}.key`]: text }, source);
    const signer = await store.signer(keyId);
    expect(signer.keyId).toBe(keyId);
    expect(await signatureVerifies(signer)).toBe(true);
  });

  test('with CRLF line ends is the same key', async () => {
    const source = encrypted ? answering(passphrase) : nobodyToAsk;
    const store = await storeWith({ [`private/${keyId}.key`]: text.replaceAll('\n', '\r\n') }, source);
    expect((await store.signer(keyId)).keyId).toBe(keyId);
  });
});

test('the same key has the same public half in all of its forms', async () => {
  const { keyId } = vector('notary-p256');
  const halves = new Set<string>();
  for (const { text } of vectors.filter((candidate) => candidate.keyId === keyId)) {
    const store = await storeWith({ [`private/${keyId}.key`]: text }, answering(passphrase));
    halves.add(Buffer.from((await store.signer(keyId)).publicKey.value).toString('hex'));
  }
  expect(halves.size).toBe(1);
});

describe('KS-03, KS-12: what is no usable key is refused before anybody is asked for a passphrase', () => {
  const { keyId, text } = vector('plain-pkcs8-p384');
  const other = vector('plain-pkcs8-p256').keyId;

  test.each(refused)('%s', async (_name, content) => {
    const store = await storeWith(
      { [`private/${other}.key`]: content, [`private/${keyId}.key`]: text },
      nobodyToAsk,
    );
    await expect(store.signer(other)).rejects.toMatchObject({
      code: 'KEY_FORMAT',
      facts: { file: expect.stringContaining(other) as string },
    });
    // The key beside it is as good as ever.
    expect((await store.signer(keyId)).keyId).toBe(keyId);
  });
});
