// Dialect 5.2: what dct writes is byte by byte what Notary writes, up to the random numbers.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { readLockedKey } from '../../src/keystore/open-key.ts';
import { decryptKey, encryptKey, readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { readPkcs8, writePkcs8 } from '../../src/keystore/pkcs8.ts';
import { passphrase, vector } from './vectors.ts';

const ofNotary = ['notary-p256', 'notary-p384', 'notary-p521', 'notary-rsa', 'notary-ed25519'].map(vector);

describe.each([...ofNotary, vector('docker-alice')])('$name', ({ keyId, text }) => {
  const [{ content: container }] = readPem(utf8(text));
  const decrypted = async (): Promise<Uint8Array> =>
    (await decryptKey(readEncryptedKey(container), utf8(passphrase))) ?? new Uint8Array();

  it('has a PrivateKeyInfo that is written as it was read', async () => {
    const plain = await decrypted();
    const key = readPkcs8(plain.slice());
    expect(key).toBeDefined();
    if (key !== undefined) expect(writePkcs8(key)).toEqual(plain);
  });

  it('is encrypted again into a container that differs in salt, IV and content only', async () => {
    const plain = await decrypted();
    const again = await encryptKey(plain, utf8(passphrase));
    expect(again.byteLength).toBe(container.byteLength);
    expect(masked(again)).toEqual(masked(container));
    const block = { label: 'ENCRYPTED PRIVATE KEY', headers: new Map<string, string>(), content: again };
    expect((await readLockedKey(block).open(utf8(passphrase)))?.signer.keyId).toBe(keyId);
  });
});

/** Without the three parts that are random. */
function masked(container: Uint8Array): Uint8Array {
  const { salt, iv, content } = readEncryptedKey(container);
  const bytes = Buffer.from(container);
  for (const part of [salt, iv, content]) {
    const at = bytes.indexOf(part);
    expect(at).toBeGreaterThan(0);
    bytes.fill(0, at, at + part.byteLength);
  }
  return new Uint8Array(bytes);
}

describe.each(ofNotary.map(({ name, keyId }) => ({ name: name.replace('notary-', ''), keyId })))(
  'a key that OpenSSL wrote: $name',
  ({ name, keyId }) => {
    it('is written in Notary’s form, which opens to the same key', async () => {
      const [{ content }] = readPem(utf8(vector(`plain-pkcs8-${name}`).text));
      const key = readPkcs8(content.slice());
      if (key === undefined) throw new Error('the vector is no key');
      const written = writePkcs8(key);
      expect(written).not.toEqual(content);
      const block = { label: 'PRIVATE KEY', headers: new Map<string, string>(), content: written };
      expect((await readLockedKey(block).open(new Uint8Array()))?.signer.keyId).toBe(keyId);
    });
  },
);
