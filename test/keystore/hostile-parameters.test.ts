// KS-03: what an encrypted key may ask for. Refused before any work is done, with the name of what was found.
import { createCipheriv, pbkdf2Sync } from 'node:crypto';
import type * as asn1 from 'asn1js';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { limits } from '../../src/base/limits.ts';
import {
  encodeDer,
  integer,
  octetString,
  oid,
  parseDer,
  sequence,
  smallInteger,
  tagged,
} from '../../src/keystore/der.ts';
import { KeyProblem } from '../../src/keystore/key-problem.ts';
import { readLockedKey } from '../../src/keystore/open-key.ts';
import { encryptKey } from '../../src/keystore/pbes2.ts';
import { readPem, writePem } from '../../src/keystore/pem.ts';
import { vector } from './vectors.ts';

const ids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  sha1: '1.2.840.113549.2.7',
  sha256: '1.2.840.113549.2.9',
  sha512: '1.2.840.113549.2.11',
  aes256: '2.16.840.1.101.3.4.1.42',
  aes256gcm: '2.16.840.1.101.3.4.1.46',
  des3: '1.2.840.113549.3.7',
} as const;

interface Choice {
  scheme?: string;
  derivation?: string;
  salt?: asn1.BaseBlock;
  iterations?: asn1.BaseBlock;
  rest?: readonly asn1.BaseBlock[];
  cipher?: string;
  iv?: asn1.BaseBlock;
  content?: asn1.BaseBlock;
  behind?: readonly asn1.BaseBlock[];
}

/** An EncryptedPrivateKeyInfo that differs from Notary's in what was chosen. */
function container(choice: Choice): Uint8Array {
  const {
    scheme = ids.pbes2,
    derivation = ids.pbkdf2,
    salt = octetString(new Uint8Array(8)),
    iterations = integer(2048),
    rest = [],
    cipher = ids.aes256,
    iv = octetString(new Uint8Array(16)),
    content = octetString(new Uint8Array(32)),
    behind = [],
  } = choice;
  const parameters = sequence(
    sequence(oid(derivation), sequence(salt, iterations, ...rest)),
    sequence(oid(cipher), iv),
  );
  return encodeDer(sequence(sequence(oid(scheme), parameters), content, ...behind));
}

const lockedKey = (content: Uint8Array) =>
  readLockedKey({ label: 'ENCRYPTED PRIVATE KEY', headers: new Map(), content });
const zeros = (count: number): asn1.BaseBlock => octetString(new Uint8Array(count));

describe('PBES2', () => {
  it.each<[string, Choice, RegExp]>([
    ['no iteration', { iterations: integer(0) }, /iteration/],
    ['less than none', { iterations: integer(-1) }, /iteration/],
    ['one iteration beyond the bound', { iterations: integer(limits.pbkdf2Iterations + 1) }, /iteration/],
    ['2^31 iterations', { iterations: integer(2 ** 31) }, /iteration/],
    ['iterations of another type', { iterations: zeros(2) }, /iteration/],
    ['no salt', { salt: zeros(0) }, /salt/],
    ['a salt beyond the bound', { salt: zeros(limits.pbkdf2SaltBytes + 1) }, /salt/],
    ['a salt of another type', { salt: integer(1) }, /salt/],
    ['an IV of 15 bytes', { iv: zeros(15) }, /initialisation vector/],
    ['an IV of 17 bytes', { iv: zeros(17) }, /initialisation vector/],
    ['a key length of another cipher', { rest: [integer(16)] }, /key length/],
    ['HMAC-SHA512', { rest: [sequence(oid(ids.sha512))] }, /HMAC-SHA512/],
    ['more than the format has', { rest: [integer(32), sequence(oid(ids.sha256)), integer(1)] }, /PBKDF2/],
    ['the fields in the wrong order', { rest: [sequence(oid(ids.sha256)), integer(32)] }, /PBKDF2/],
    ['triple DES', { cipher: ids.des3 }, /triple DES/],
    ['AES-GCM', { cipher: ids.aes256gcm }, /2\.16\.840\.1\.101\.3\.4\.1\.46/],
    ['scrypt', { derivation: ids.scrypt }, /scrypt/],
    ['PBES1', { scheme: '1.2.840.113549.1.5.3' }, /PBES1/],
    ['no content', { content: zeros(0) }, /16 bytes/],
    ['content that is no whole number of blocks', { content: zeros(33) }, /16 bytes/],
    ['content of another type', { content: integer(1) }, /PKCS#8/],
    ['something behind its content', { behind: [integer(1)] }, /PKCS#8/],
  ])('with %s is refused', (_what, choice, problem) => {
    expect(() => lockedKey(container(choice))).toThrow(problem);
  });

  it.each<[string, Choice]>([
    ['Notary’s parameters', {}],
    ['one iteration', { iterations: integer(1) }],
    ['the iterations at the bound', { iterations: integer(limits.pbkdf2Iterations) }],
    ['the salt at the bound', { salt: zeros(limits.pbkdf2SaltBytes) }],
    ['a key length that fits', { rest: [integer(32)] }],
    ['the default function spelled out', { rest: [sequence(oid(ids.sha1))] }],
    ['both', { rest: [integer(32), sequence(oid(ids.sha256))] }],
  ])('with %s is understood', (_what, choice) => {
    expect(lockedKey(container(choice)).encrypted).toBe(true);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a number', encodeDer(integer(1))],
    ['an empty sequence', encodeDer(sequence())],
    ['without a scheme', encodeDer(sequence(sequence(), octetString(new Uint8Array(32))))],
    ['a byte behind it', Uint8Array.of(...container({}), 0)],
    ['a length beyond its end', Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['a thousand nested sequences', new Uint8Array(2000).map((_, i) => (i % 2 === 0 ? 0x30 : 0x80))],
  ])('is not %s', (_what, content) => {
    expect(() => lockedKey(content)).toThrow(/damaged|PBES2/);
  });
});

describe('a legacy encryption', () => {
  const { text } = vector('legacy-aes256');
  const locked = (changed: string) => () => readLockedKey(readPem(utf8(changed))[0]);

  it.each([
    ['without Proc-Type', text.replace(/^Proc-Type.*\n/m, ''), /Proc-Type/],
    ['of a Proc-Type that is only signed', text.replace('4,ENCRYPTED', '4,MIC-CLEAR'), /Proc-Type/],
    ['without DEK-Info', text.replace(/^DEK-Info.*\n/m, ''), /unknown cipher/],
    ['with an unknown cipher', text.replace('AES-256-CBC', 'IDEA-CBC'), /IDEA-CBC/],
    ['with an IV that is too short', text.replace(/^(DEK-Info: .*)..$/m, '$1'), /initialisation vector/],
    ['with an IV that is no number', text.replace(/^(DEK-Info: .*)..$/m, '$1zz'), /unknown cipher/],
    [
      'with a cipher of another block size',
      text.replace('AES-256-CBC', 'DES-EDE3-CBC'),
      /initialisation vector/,
    ],
  ])('%s is refused', (_what, changed, problem) => {
    expect(locked(text)).not.toThrow();
    expect(locked(changed)).toThrow(problem);
  });

  it('of no whole number of blocks is refused', () => {
    const [block] = readPem(utf8(text));
    expect(() => readLockedKey({ ...block, content: block.content.subarray(1) })).toThrow(/16 bytes/);
  });
});

describe('what comes out of the decryption', () => {
  /** Shown with plain keys, which go through the same code. */
  const open = (content: Uint8Array, label = 'PRIVATE KEY') =>
    readLockedKey({ label, headers: new Map(), content }).open(new Uint8Array());
  const p256 = '1.2.840.10045.3.1.7';
  const sec1 = (scalar: Uint8Array, ...rest: asn1.BaseBlock[]): Uint8Array =>
    encodeDer(sequence(integer(1), octetString(scalar), ...rest));
  const ecKind = (curve: string): asn1.BaseBlock => sequence(oid('1.2.840.10045.2.1'), oid(curve));
  const ecKey = (scalar: Uint8Array, curve = p256, ...rest: asn1.BaseBlock[]): Uint8Array =>
    encodeDer(sequence(integer(1), ecKind(curve), octetString(sec1(scalar, ...rest))));
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const one = Uint8Array.of(...new Uint8Array(31), 1);

  it.each([
    ['the scalar 1', ecKey(one)],
    ['a scalar without its leading zeros', ecKey(Uint8Array.of(1))],
    ['a scalar with a zero too many', ecKey(Uint8Array.of(0, ...one))],
  ])('may be %s: Go reads it too, and it is one key', async (_what, content) => {
    // The generator itself: the public key of the scalar 1.
    const opened = await open(content);
    expect(Buffer.from(opened?.signer.publicKey.value ?? []).toString('hex')).toContain(
      '046b17d1f2e12c4247f8bce6e563a440f2',
    );
  });

  it.each([
    ['the scalar 0', ecKey(new Uint8Array(32)), /damaged/],
    ['the order of the curve', ecKey(order), /damaged/],
    ['a scalar that is too large', ecKey(Uint8Array.of(1, ...one)), /damaged/],
    ['an unknown curve', ecKey(one, '1.3.132.0.10'), /1\.3\.132\.0\.10/],
    ['no curve', encodeDer(sequence(integer(1), octetString(one))), /damaged/],
    ['a key of another curve inside', ecKey(one, p256, tagged(0, oid('1.3.132.0.34'))), /damaged/],
    ['a key of no kind', encodeDer(sequence(integer(1), sequence(), octetString(one))), /damaged/],
    ['of version 2', encodeDer(sequence(integer(2), ecKind(p256), octetString(sec1(one)))), /damaged/],
  ])('must not be %s', async (_what, content, problem) => {
    await expect(async () => open(content)).rejects.toThrow(problem);
  });

  it.each([0, 40, 70])('must not be an Ed25519 key whose halves differ at byte %i', async (at) => {
    const [{ content }] = readPem(utf8(vector('plain-traditional-ed25519').text));
    const changed = content.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await expect(async () => open(changed, 'ED25519 PRIVATE KEY')).rejects.toThrow(/damaged/);
  });

  it.each([
    ['EC PRIVATE KEY', 'one without its scalar', encodeDer(sequence(integer(1)))],
    ['RSA PRIVATE KEY', 'PKCS#8, which OpenSSL would read there too', ecKey(one)],
    ['ED25519 PRIVATE KEY', 'cut off in its private half', new Uint8Array(40)],
  ])('must not be, as %s, %s', async (label, _what, content) => {
    await expect(async () => open(content, label)).rejects.toThrow(/damaged/);
  });

  it('must not be in a block that is no private key', () => {
    expect(() => readLockedKey({ label: 'DSA PRIVATE KEY', headers: new Map(), content: one })).toThrow(
      'DSA PRIVATE KEY',
    );
  });

  describe('a damaged RSA key', () => {
    const { keyId, text } = vector('plain-traditional-rsa');
    const [{ content }] = readPem(utf8(text));
    const changedAt = (at: number) => content.map((byte, i) => (i === at ? byte ^ 1 : byte));

    it.each([20, 100, 260])('is refused when its modulus is another (byte %i)', async (at) => {
      await expect(async () => open(changedAt(at), 'RSA PRIVATE KEY')).rejects.toThrow(KeyProblem);
    });

    it.each([300, 600, 750, 900, 1050, 1150])('still is that key or none (byte %i)', async (at) => {
      // OpenSSL signs by whichever of the redundant numbers are right, and the test signature says whether it could.
      const outcome = await (async () =>
        (await open(changedAt(at), 'RSA PRIVATE KEY'))?.signer.keyId)().catch((error: unknown) =>
        error instanceof KeyProblem ? 'refused' : error,
      );
      expect([keyId, 'refused']).toContain(outcome);
    });
  });

  it('is a wrong passphrase’s when it is nothing but good padding', async () => {
    const key = pbkdf2Sync('any', new Uint8Array(8), 1, 32, 'sha1');
    const cipher = createCipheriv('aes-256-cbc', key, new Uint8Array(16));
    const content = octetString(Buffer.concat([cipher.update(''), cipher.final()]));
    const locked = lockedKey(container({ iterations: integer(1), content }));
    expect(await locked.open(utf8('any'))).toBeUndefined();
  });

  it('is told from a wrong passphrase when it is a key of a kind that dct does not know', async () => {
    const content = await encryptKey(ecKey(one, '1.3.132.0.10'), utf8('right'));
    await expect(lockedKey(content).open(utf8('right'))).rejects.toThrow('1.3.132.0.10');
    expect(await lockedKey(content).open(utf8('wrong'))).toBeUndefined();
  });
});

it.each([
  ['the largest', [2, 6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff], 2 ** 47 - 1],
  ['a negative one', [2, 1, 0x80], undefined],
  ['one of seven bytes, small as it is', [2, 7, 0, 0, 0, 0, 0, 0, 1], undefined],
  ['one without any byte', [2, 0], undefined],
])('a small integer: %s', (_what, der, value) => {
  expect(smallInteger(parseDer(Uint8Array.from(der)))).toBe(value);
});

it('PEM of what was read is what was read, without what Notary would not write', () => {
  const { text } = vector('notary-targets');
  expect(Buffer.from(writePem(readPem(utf8(text))[0])).toString()).toBe(text);
});
