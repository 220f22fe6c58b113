// Signatures and keys that some library somewhere has taken for good ones (SG-11, SG-12, SG-13, ED-13).
import { constants, generateKeyPairSync, privateEncrypt, createHash, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { keyMaterial, verifySignature } from '../../src/tuf-client/crypto/index.ts';
import type { KeyId } from '../../src/tuf-client/index.ts';
import { makeSigner } from '../support/notary-simulator.ts';

const message = Buffer.from('message');
const verifies = (type: string, value: Uint8Array, method: string, signature: Uint8Array): boolean => {
  const key = keyMaterial({ type, value: new Uint8Array(value) });
  const signed = { keyId: ''.padEnd(64, '0') as KeyId, method, value: new Uint8Array(signature) };
  return key !== undefined && verifySignature(key, message, signed);
};

const bigOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytesOf = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

describe('SG-11: ECDSA', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const ec = makeSigner('p256');
  const good = ec.signNow(message);
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const key = ec.publicKey.value;

  test('the other s of the same signature verifies: signatures identify nothing', () => {
    const other = Buffer.concat([r, bytesOf(order - bigOf(s), 32)]);
    expect(verifies('ecdsa', key, 'ecdsa', other)).toBe(true);
  });

  test.each<[string, Uint8Array]>([
    ['r beyond the order', Buffer.concat([bytesOf((1n << 256n) - 1n, 32), s])],
    ['s plus the order', Buffer.concat([r, bytesOf((bigOf(s) + order) & ((1n << 256n) - 1n), 32)])],
    ['all zeros', Buffer.alloc(64)],
    ['r and s exchanged', Buffer.concat([s, r])],
    ['one megabyte (SG-14)', Buffer.alloc(1024 * 1024, 1)],
  ])('%s does not', (_what, signature) => {
    expect(verifies('ecdsa', key, 'ecdsa', signature)).toBe(false);
  });

  test('a P-384 key takes 96 bytes, and no 64', () => {
    const large = makeSigner('p384');
    const full = large.signNow(message);
    expect(verifies('ecdsa', large.publicKey.value, 'ecdsa', full)).toBe(true);
    expect(verifies('ecdsa', large.publicKey.value, 'ecdsa', full.subarray(0, 64))).toBe(false);
  });
});

describe('SG-12: PKCS 1, padded by hand', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  const key = spkiOf(publicKey);
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const hash = createHash('sha256').update(message).digest();
  const filled = (content: Buffer, tail = Buffer.alloc(0)): Buffer => {
    const padding = Buffer.alloc(256 - 3 - content.length - tail.length, 0xff);
    return Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), content, tail]);
  };
  const sign = (block: Buffer): Buffer =>
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
  const full = Buffer.concat([digestInfo, hash]);
  const withoutNull = Buffer.concat([
    Buffer.from('302f300b0609608648016503040201', 'hex'),
    Buffer.from('0420', 'hex'),
    hash,
  ]);

  test('the plain form is good, with an exponent of 3 too', () => {
    expect(verifies('rsa', key, 'rsapkcs1v15', sign(filled(full)))).toBe(true);
  });

  test.each<[string, Buffer]>([
    ['garbage behind the hash, little padding (Bleichenbacher 2006)', filled(full, Buffer.alloc(190, 7))],
    ['garbage behind the hash', filled(full, Buffer.from('x'))],
    ['other bytes in the padding', filled(full).fill(0xfe, 10, 11)],
    ['no DigestInfo', filled(hash)],
    ['a DigestInfo without its NULL', filled(withoutNull)],
    ['the padding of encryption', Buffer.concat([Buffer.from([0, 2]), filled(full).subarray(2)])],
  ])('%s', (_what, block) => {
    expect(verifies('rsa', key, 'rsapkcs1v15', sign(block))).toBe(false);
  });

  test.each([0, 255, 257])('a signature of %i bytes', (length) => {
    expect(verifies('rsa', key, 'rsapkcs1v15', Buffer.alloc(length, 1))).toBe(false);
  });
});

describe('ED-13: keys that are none, or too much work', () => {
  const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url');
  const even = Buffer.from(modulus);
  even[255] = (even[255] ?? 0) & 0xfe;
  const wide = Buffer.alloc(limits.rsaModulusBits / 8 + 1, 0xff);

  test('the modulus as it was made is a key', () => {
    expect(keyMaterial({ type: 'rsa', value: rsaKey(modulus, 65537n) })).toBeDefined();
  });

  test.each<[string, Uint8Array]>([
    ['a modulus beyond the bound', rsaKey(wide, 65537n)],
    ['a modulus of 16384 bits', rsaKey(Buffer.alloc(2048, 0xff), 65537n)],
    ['an exponent of 1', rsaKey(modulus, 1n)],
    ['an even exponent', rsaKey(modulus, 65536n)],
    ['an exponent beyond 2^31', rsaKey(modulus, (1n << 31n) + 1n)],
    ['an exponent as large as the modulus', rsaKey(modulus, bigOf(modulus) - 2n)],
  ])('RSA: %s', (_what, value) => {
    expect(keyMaterial({ type: 'rsa', value })).toBeUndefined();
  });

  test('RSA: an even modulus verifies nothing', () => {
    expect(verifies('rsa', rsaKey(even, 65537n), 'rsapss', Buffer.alloc(256, 1))).toBe(false);
  });

  test('ECDSA: the point at infinity', () => {
    const spki = makeSigner('p256').publicKey.value;
    const head = Buffer.from(spki.subarray(0, 23));
    const infinity = Buffer.concat([der(0x30, head.subarray(2)), Buffer.from([3, 2, 0, 0])]);
    expect(keyMaterial({ type: 'ecdsa', value: new Uint8Array(infinity) })).toBeUndefined();
  });

  // RFC 8032's curve has eight points of small order; a key that is one of them verifies what nobody signed.
  test.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ])('SG-13: Ed25519, the point %s of small order', (point) => {
    for (const first of ['01'.padEnd(64, '0'), point])
      expect(
        verifies('ed25519', Buffer.from(point, 'hex'), 'eddsa', Buffer.from(first + '0'.repeat(64), 'hex')),
      ).toBe(false);
  });
});

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

/** SubjectPublicKeyInfo around any two numbers, whatever they are (RFC 8017 A.1.1). */
function rsaKey(modulus: Buffer, exponent: bigint): Uint8Array {
  const e = exponent.toString(16);
  const number = (bytes: Buffer): Buffer =>
    der(2, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
  const pair = der(
    0x30,
    Buffer.concat([number(modulus), number(Buffer.from(e.length % 2 ? `0${e}` : e, 'hex'))]),
  );
  const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
  return new Uint8Array(
    der(0x30, Buffer.concat([algorithm, der(3, Buffer.concat([Buffer.alloc(1), pair]))])),
  );
}

function der(tag: number, content: Buffer): Buffer {
  const length = content.length.toString(16);
  const digits = Buffer.from(length.length % 2 ? `0${length}` : length, 'hex');
  const head = content.length < 128 ? [tag, content.length] : [tag, 0x80 + digits.length, ...digits];
  return Buffer.concat([Buffer.from(head), content]);
}
