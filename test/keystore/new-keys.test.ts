// KS-13, KS-07: new keys are in Notary's form, safe on the disk and tried from there, before anybody gets to use them.
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../src/base/bytes.ts';
import { DctError } from '../../src/base/errors.ts';
import type { Gun } from '../../src/base/reference.ts';
import { readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { keyMaterial, verifySignature, type Signer } from '../../src/tuf-client/crypto/index.ts';
import { answers, memoryFiles, memoryStore } from './memory.ts';
import { nobodyToAsk } from './vectors.ts';

const gun = 'registry.test:5000/a' as Gun;
const secret = 'a good passphrase';

const text = (bytes: Uint8Array | undefined): string => decodeUtf8(bytes ?? new Uint8Array()) ?? '';

describe('a new key', () => {
  it.each([
    { role: 'root', given: undefined, headers: 'role: root\n' },
    { role: 'root', given: gun, headers: 'role: root\n' },
    { role: 'targets', given: gun, headers: `gun: ${gun}\nrole: targets\n` },
    { role: 'snapshot', given: gun, headers: `gun: ${gun}\nrole: snapshot\n` },
    { role: 'alice', given: gun, headers: 'role: alice\n' },
    { role: 'targets/releases', given: gun, headers: 'role: targets/releases\n' },
  ])('for $role of $given is stored as Notary stores it', async ({ role, given, headers }) => {
    const { store, files } = memoryStore(answers(secret));
    const { keyId } = await store.create(role, given);
    expect([...files.contents.keys()]).toEqual([`private/${keyId}.key`]);
    const written = text(files.contents.get(`private/${keyId}.key`));
    expect(written).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n(?:[a-z]+: .*\n)+\n(?:[\w+/=]{64}\n)+[\w+/=]{1,64}\n-----END ENCRYPTED PRIVATE KEY-----\n$/,
    );
    expect(written.slice(written.indexOf('\n') + 1, written.indexOf('\n\n') + 1)).toBe(headers);
    const [{ content }] = readPem(utf8(written));
    expect(readEncryptedKey(content)).toMatchObject({
      hash: 'sha1',
      iterations: 2048,
      cipher: { name: 'aes-256-cbc' },
      salt: { byteLength: 8 },
    });
    // Notary's reader skips a pseudo-random function that it does not expect; so there must be none, not even the default.
    expect(Buffer.from(content).includes(Buffer.from('2a864886f70d02', 'hex'))).toBe(false);
  });

  it('is ECDSA P-256, and signs', async () => {
    const { store } = memoryStore(answers(secret));
    const signer = await store.create('root');
    const { keyId, method, publicKey } = signer;
    const spki = createPublicKey({ key: Buffer.from(publicKey.value), format: 'der', type: 'spki' });
    expect(spki.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const material = keyMaterial(publicKey);
    const value = await signer.sign(utf8('message'));
    expect(
      material !== undefined && verifySignature(material, utf8('message'), { keyId, method, value }),
    ).toBe(true);
  });

  it('is never the same, nor encrypted the same', async () => {
    const { store, files } = memoryStore(answers(secret));
    const ids = [await store.create('root'), await store.create('root')].map(({ keyId }) => keyId);
    expect(new Set(ids).size).toBe(2);
    const [one, two] = ids.map((id) =>
      readEncryptedKey(readPem(files.contents.get(`private/${id}.key`) ?? utf8(''))[0].content),
    );
    expect(one?.salt).not.toEqual(two?.salt);
    expect(one?.iv).not.toEqual(two?.iv);
  });

  it('opens in another process with the same passphrase, and with no other', async () => {
    const { store, files } = memoryStore(answers(secret));
    const { keyId, publicKey } = await store.create('targets', gun);
    expect((await memoryStore(answers(secret), { files }).store.signer(keyId)).publicKey).toEqual(publicKey);
    await expect(memoryStore(answers('other'), { files }).store.signer(keyId)).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
    });
  });

  it('is asked about once: the same process then uses it, and its passphrase for the next key of that role', async () => {
    const source = answers(secret);
    const { store } = memoryStore(source);
    const signer = await store.create('targets', gun);
    expect(await store.signer(signer.keyId)).toBe(signer);
    await store.create('targets', 'registry.test/b' as Gun);
    expect(source.asked).toEqual([
      { keyId: signer.keyId, role: 'targets', gun, purpose: 'create', attempt: 0 },
    ]);
  });

  it.each([
    { what: 'no passphrase', source: answers(), role: 'root', code: 'PASSPHRASE_MISSING' },
    { what: 'an empty passphrase', source: answers(''), role: 'root', code: 'PASSPHRASE_TOO_SHORT' },
    { what: 'a role that would write headers', source: nobodyToAsk, role: 'root\ngun: x', code: 'USAGE' },
    { what: 'a role that is none', source: nobodyToAsk, role: '', code: 'USAGE' },
  ])('is not made with $what', async ({ source, role, code }) => {
    const { store, files } = memoryStore(source);
    await expect(store.create(role)).rejects.toMatchObject({ code });
    expect(files.contents.size).toBe(0);
  });
});

describe('a disk that fails', () => {
  const full = new DctError('DISK', { file: '/trust/x', operation: 'create', problem: 'no space left' });

  it.each([
    { what: 'writes nothing', read: () => undefined },
    { what: 'cuts off', read: (bytes: Uint8Array) => bytes.subarray(0, 100) },
    {
      what: 'changes a byte',
      read: (bytes: Uint8Array) => bytes.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
    },
  ])('silently, as it $what, gives no signer and leaves no key', async ({ read }) => {
    const files = memoryFiles('/trust');
    files.read = (path) => {
      const bytes = files.contents.get(path);
      return Promise.resolve(bytes === undefined ? undefined : read(bytes));
    };
    const { store } = memoryStore(answers(secret), { files });
    await expect(store.create('root')).rejects.toMatchObject({ code: 'DISK' });
    expect(files.contents.size).toBe(0);
  });

  it('when the key is written leaves no public key either', async () => {
    const files = memoryFiles('/trust');
    files.create = () => Promise.reject(full);
    const { store, elsewhere } = memoryStore(answers(secret), { files });
    await expect(store.generateNamed('alice', '/home')).rejects.toBe(full);
    expect(elsewhere.contents.size).toBe(0);
  });

  it('when the public key is written leaves no private key', async () => {
    const elsewhere = memoryFiles('/home');
    elsewhere.create = () => Promise.reject(full);
    const { store, files } = memoryStore(answers(secret), { elsewhere });
    await expect(store.generateNamed('alice', '/home')).rejects.toBe(full);
    expect(files.contents.size).toBe(0);
  });
});

describe('a named key', () => {
  it('has its public half in PEM with the name, as docker trust writes it', async () => {
    const { store, elsewhere } = memoryStore(answers(secret));
    const { keyId, publicKeyFile, publicKeyPem } = await store.generateNamed('alice', '/home');
    expect(publicKeyFile).toBe('/home/alice.pub');
    expect(text(elsewhere.contents.get('alice.pub'))).toBe(publicKeyPem);
    const [{ label, headers, content }] = readPem(utf8(publicKeyPem));
    expect({ label, headers: [...headers] }).toEqual({ label: 'PUBLIC KEY', headers: [['role', 'alice']] });
    const signer: Signer = await store.signer(keyId);
    expect(content).toEqual(signer.publicKey.value);
    expect(await store.namedKeys('alice')).toEqual([keyId]);
  });

  it.each([
    '',
    'Alice',
    'a/b',
    '../a',
    'a b',
    '-a',
    'releases',
    'root',
    'targets',
    'snapshot',
    'timestamp',
    'a\nb',
  ])('cannot be called %j', async (name) => {
    const { store, files, elsewhere } = memoryStore(nobodyToAsk);
    await expect(store.generateNamed(name, '/home')).rejects.toMatchObject({ code: 'USAGE' });
    expect(files.contents.size + elsewhere.contents.size).toBe(0);
  });

  it('does not replace a file, and asks nobody in vain', async () => {
    const elsewhere = memoryFiles('/home', { 'alice.pub': 'somebody’s' });
    const { store, files } = memoryStore(nobodyToAsk, { elsewhere });
    await expect(store.generateNamed('alice', '/home')).rejects.toMatchObject({
      code: 'KEY_EXISTS',
      facts: { file: '/home/alice.pub' },
    });
    expect(files.contents.size).toBe(0);
    expect(text(elsewhere.contents.get('alice.pub'))).toBe('somebody’s');
  });

  it('may be generated twice under one name, into two files', async () => {
    const { store, elsewhere } = memoryStore(answers(secret));
    const one = await store.generateNamed('alice', '/home');
    elsewhere.contents.clear();
    const two = await store.generateNamed('alice', '/home');
    expect(await store.namedKeys('alice')).toEqual([one.keyId, two.keyId].sort());
  });
});
