// KS-02: a damaged key file is a typed error at any byte, and never takes the other keys away.
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { limits } from '../../src/base/limits.ts';
import { readKeyFile } from '../../src/keystore/key-file.ts';
import { KeyProblem } from '../../src/keystore/key-problem.ts';
import { readLockedKey } from '../../src/keystore/open-key.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { codeOfRejection } from '../support/code-of.ts';
import { memoryFiles } from './memory.ts';
import { nobodyToAsk, passphrase, storeWith, vector } from './vectors.ts';

/** Cheap ones, because they are opened some hundred times. */
const samples = [
  'pbes2-one-iteration',
  'legacy-aes256',
  'plain-pkcs8-p256',
  'plain-traditional-p256',
  'plain-traditional-ed25519',
].map(vector);

/** What becomes of the content of a key file. Anything but these outcomes fails the test. */
async function outcome(text: string): Promise<string> {
  try {
    const [block] = readPem(utf8(text));
    const opened = await readLockedKey(block).open(utf8(passphrase));
    return opened?.signer.keyId ?? 'wrong passphrase';
  } catch (error) {
    if (error instanceof KeyProblem) return 'problem';
    throw error;
  }
}

describe.each(samples)('KS-02: $name', ({ keyId, text }) => {
  test('cut at any byte cannot be read as a key', async () => {
    // The last line's end is not part of the key.
    for (let length = 0; length < text.length - 1; length++)
      expect(await outcome(text.slice(0, length)), `${length} bytes`).toBe('problem');
    expect(await outcome(text.slice(0, -1))).toBe(keyId);
  });

  test('with any one character changed is some key, no key, or another passphrase’s', async () => {
    const seen = new Set<string>();
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      const what = await outcome(changed);
      seen.add(/^[0-9a-f]{64}$/.test(what) ? 'some key' : what);
    }
    expect(['some key', 'problem', 'wrong passphrase']).toEqual(expect.arrayContaining([...seen]));
    expect(seen).toContain('problem');
  });
});

const { keyId: good, text: goodText } = vector('plain-pkcs8-p384');
const { keyId: bad, text: whole } = vector('docker-alice');

describe('KS-02: a file that is', () => {
  test.each<[string, string | Uint8Array]>([
    ['empty', ''],
    ['blank', '\n\n'],
    ['binary', Uint8Array.from({ length: 300 }, (_, i) => i)],
    ['text', 'these are not the keys you are looking for\n'],
    ['a block without content', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'],
    ['without its first line', whole.slice(whole.indexOf('\n') + 1)],
    ['without its last line', whole.replace(/-----END.*\n/, '')],
    ['ended by another type', whole.replace('END ENCRYPTED', 'END')],
    ['without one line of data', whole.replace(/\n[A-Za-z0-9+/]{64}\n/, '\n')],
    ['with one header twice', whole.replace('role: alice\n', 'role: alice\nrole: bob\n')],
    ['with characters that are not base64', whole.replace('\n\nM', '\n\n*')],
    [
      'with stray bits at the end of its base64',
      '-----BEGIN PRIVATE KEY-----\nMAB=\n-----END PRIVATE KEY-----\n',
    ],
    ['beyond the bound', whole + '\n'.repeat(limits.keyFileBytes)],
  ])('%s is reported, and the other keys stay usable', async (_what, content) => {
    const store = await storeWith(
      { [`private/${bad}.key`]: content, [`private/${good}.key`]: goodText },
      nobodyToAsk,
    );
    const { keys, unreadable } = await store.survey();
    const listed = keys.some(({ keyId }) => keyId === bad);
    // Damage inside of the base64 shows only when the key is opened.
    expect([...unreadable.map(({ code }) => code), ...(listed ? ['listed'] : [])]).toHaveLength(1);
    await expect(store.signer(bad)).rejects.toMatchObject({ code: 'KEY_FORMAT' });
    expect((await store.signer(good)).keyId).toBe(good);
  });

  test('at the bound is read', async () => {
    const padded = goodText + '\n'.repeat(limits.keyFileBytes - goodText.length);
    const store = await storeWith({ [`private/${good}.key`]: padded }, nobodyToAsk);
    expect((await store.signer(good)).keyId).toBe(good);
  });

  test('gone since it was listed is no longer known', async () => {
    const place = { path: `private/${good}.key`, keyId: good, defaultRole: '' };
    expect(await codeOfRejection(readKeyFile(memoryFiles('/trust'), place))).toBe('KEY_UNKNOWN');
  });

  test('damaged is still held: it must not pass for a key that is on another machine', async () => {
    const store = await storeWith({ [`private/${bad}.key`]: '' }, nobodyToAsk);
    expect(await store.held([good, bad])).toEqual([bad]);
  });
});

test('KS-02: a line as long as a whole bundle is no beginning of a block', () => {
  const line = `-----BEGIN ${'A '.repeat(limits.keyBundleBytes / 2 - 32)}KEY-----\n`;
  expect(() => readPem(utf8(line))).toThrow(KeyProblem);
});
