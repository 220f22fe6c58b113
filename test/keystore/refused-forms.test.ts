// KS-02, KS-03, KS-12: what only looks like a key is refused for its own reason, and by no accident further on.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { readLockedKey } from '../../src/keystore/open-key.ts';
import { isNotaryForm, readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { createSigner } from '../../src/keystore/signer.ts';
import { answers, memoryStore } from './memory.ts';
import { nobodyToAsk, passphrase, storeWith, vector } from './vectors.ts';

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

/** SEC1 ECPrivateKey: a sequence of version, scalar, [0] curve and [1] public key (RFC 5915 3). */
const sec1 = Buffer.from(readPem(utf8(vector('plain-traditional-p256').text))[0].content);
const withByte = (at: number, value: number): Uint8Array => {
  const changed = Buffer.from(sec1);
  changed[at] = value;
  return changed;
};
const curveAt = sec1.indexOf(Buffer.from('a00a', 'hex'));
const withoutCurve = Buffer.concat([Buffer.of(0x30, curveAt - 2), sec1.subarray(2, curveAt)]);

describe('a file of a key', () => {
  it.each<[string, string, RegExp]>([
    ['of another version of its format', pem('EC PRIVATE KEY', withByte(4, 2)), /its content is damaged/],
    ['whose scalar is a number', pem('EC PRIVATE KEY', withByte(5, 2)), /its content is damaged/],
    ['that names no curve', pem('EC PRIVATE KEY', withoutCurve), /its content is damaged/],
    [
      'that names nothing it is encrypted with',
      pem('ENCRYPTED PRIVATE KEY', Buffer.from('300430000400', 'hex')),
      /no encrypted PKCS#8 key/,
    ],
    ['without content', pem('PRIVATE KEY', Buffer.of()).replace('\n\n', '\n'), /PEM block is empty/],
    [
      'without a blank line after its headers',
      vector('docker-alice').text.replace('\n\n', '\n'),
      /no blank line after its PEM headers/,
    ],
  ])('%s', async (_what, text, problem) => {
    const open = async (): Promise<unknown> => readLockedKey(readPem(utf8(text))[0]).open(utf8(passphrase));
    await expect(open()).rejects.toThrow(problem);
  });

  it('that holds a certificate is not listed as one', async () => {
    const { keyId } = vector('docker-alice');
    const text = pem('CERTIFICATE', sec1);
    const { keys, unreadable } = await (
      await storeWith({ [`private/${keyId}.key`]: text }, nobodyToAsk)
    ).survey();
    expect(keys).toEqual([]);
    expect(unreadable.map(({ message }) => message)).toEqual([
      expect.stringContaining('it holds a CERTIFICATE, not a private key'),
    ]);
  });
});

it.each([
  ['as many rounds as Notary', '0800', true],
  // Notary could open it, and would have guarded it better.
  ['one round less', '07ff', false],
] as const)('%s: whether the form is that of Notary', (_what, rounds, expected) => {
  const der = Buffer.from(readPem(utf8(vector('docker-alice').text))[0].content);
  const changed = Buffer.from(der.toString('hex').replace('02020800', `0202${rounds}`), 'hex');
  expect(isNotaryForm(readEncryptedKey(changed))).toBe(expected);
});

it('a key whose signatures nobody accepts does not become a signer', async () => {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  await expect(createSigner({ kind: 'rsa', key })).rejects.toThrow(/nobody accepts signatures of such a key/);
});

it('a key without a passphrase is never written, not even to find that out', async () => {
  const { store, files } = memoryStore(answers());
  const create = vi.spyOn(files, 'create');
  await expect(store.create('root')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  expect(create).not.toHaveBeenCalled();
});
