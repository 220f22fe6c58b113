// The encryption of PEM blocks with `Proc-Type` and `DEK-Info` headers (RFC 1421), which Notary wrote before it knew PKCS#8.
import { createHash } from 'node:crypto';
import { concat, fromHex } from '../base/bytes.ts';
import { decrypt } from './block-cipher.ts';
import { KeyProblem } from './key-problem.ts';
import type { PemBlock } from './pem.ts';

/** By DEK name: those that Go reads. */
const ciphers = new Map([
  // OpenSSL 3 no longer has single DES; triple DES with the same key three times is the same cipher.
  ['DES-CBC', { name: 'des-ede3-cbc', keyBytes: 8, repeats: 3, blockBytes: 8 }],
  ['DES-EDE3-CBC', { name: 'des-ede3-cbc', keyBytes: 24, repeats: 1, blockBytes: 8 }],
  ['AES-128-CBC', { name: 'aes-128-cbc', keyBytes: 16, repeats: 1, blockBytes: 16 }],
  ['AES-192-CBC', { name: 'aes-192-cbc', keyBytes: 24, repeats: 1, blockBytes: 16 }],
  ['AES-256-CBC', { name: 'aes-256-cbc', keyBytes: 32, repeats: 1, blockBytes: 16 }],
]);

export interface LegacyEncryption {
  readonly cipher: { readonly name: string; readonly keyBytes: number; readonly repeats: number };
  readonly iv: Uint8Array;
  readonly content: Uint8Array;
}

export function isLegacyEncrypted({ headers }: PemBlock): boolean {
  return headers.has('Proc-Type') || headers.has('DEK-Info');
}

/** @throws KeyProblem */
export function readLegacyEncryption({ headers, content }: PemBlock): LegacyEncryption {
  if (headers.get('Proc-Type') !== '4,ENCRYPTED') throw new KeyProblem('its Proc-Type is not 4,ENCRYPTED');
  const [, name = '', iv = ''] = /^([A-Z0-9-]+),([0-9A-Fa-f]+)$/.exec(headers.get('DEK-Info') ?? '') ?? [];
  const cipher = ciphers.get(name);
  if (cipher === undefined)
    throw new KeyProblem(
      `it is encrypted with ${name === '' ? 'an unknown cipher' : name}; dct reads AES-CBC, DES-EDE3-CBC and DES-CBC`,
    );
  if (iv.length !== 2 * cipher.blockBytes)
    throw new KeyProblem('its DEK-Info has no initialisation vector of the right size');
  if (content.byteLength % cipher.blockBytes !== 0)
    throw new KeyProblem(
      `its encrypted content is damaged: it is not a multiple of ${cipher.blockBytes} bytes`,
    );
  return { cipher, iv: fromHex(iv), content };
}

/** The content as it was encrypted; undefined or nonsense with a wrong passphrase. The caller zeroes it after use. */
export function decryptLegacy(
  { cipher, iv, content }: LegacyEncryption,
  passphrase: Uint8Array,
): Uint8Array | undefined {
  const key = legacyKey(passphrase, iv.subarray(0, 8), cipher.keyBytes);
  const repeated = concat(...Array.from({ length: cipher.repeats }, () => key));
  try {
    return decrypt(cipher.name, repeated, iv, content);
  } finally {
    key.fill(0);
    repeated.fill(0);
  }
}

/** OpenSSL's EVP_BytesToKey with MD5 and one round: as weak as it is old, hence read only. */
function legacyKey(passphrase: Uint8Array, salt: Uint8Array, length: number): Uint8Array {
  let key: Uint8Array = new Uint8Array();
  let digest: Uint8Array = new Uint8Array();
  while (key.byteLength < length) {
    digest = createHash('md5').update(digest).update(passphrase).update(salt).digest();
    key = concat(key, digest);
  }
  return key.slice(0, length);
}
