// Password-based encryption of PKCS#8 keys: PBES2 of RFC 8018, read widely, written exactly as Notary does (dialect 5.2).
import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { concat } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import { decrypt } from './block-cipher.ts';
import {
  encodeDer,
  integer,
  members,
  objectId,
  octets,
  octetString,
  oid,
  parseDer,
  sequence,
  smallInteger,
  type DerValue,
} from './der.ts';
import { KeyProblem } from './key-problem.ts';

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2Id = '1.2.840.113549.1.5.12';
const aes256 = '2.16.840.1.101.3.4.1.42';

/** PBKDF2's pseudo-random functions; where none is named it is HMAC-SHA1 (RFC 8018 A.2). */
const hashes = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
]);

const ciphers = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  [aes256, { name: 'aes-256-cbc', keyBytes: 32 }],
]);

/** What else is found in the wild, for the message. */
const knownSchemes = new Map([
  ['1.2.840.113549.1.5.3', 'PBES1 (MD5 and DES)'],
  ['1.2.840.113549.1.5.10', 'PBES1 (SHA-1 and DES)'],
  ['1.2.840.113549.1.12.1.3', 'PKCS#12 (SHA-1 and triple DES)'],
  ['1.2.840.113549.1.12.1.6', 'PKCS#12 (SHA-1 and RC2)'],
  ['1.3.6.1.4.1.11591.4.11', 'scrypt'],
  ['1.2.840.113549.3.7', 'triple DES'],
  ['1.2.840.113549.2.10', 'HMAC-SHA384'],
  ['1.2.840.113549.2.11', 'HMAC-SHA512'],
]);

const blockBytes = 16;
const deriveKey = promisify(pbkdf2);

/** An EncryptedPrivateKeyInfo (RFC 5958), understood but not opened. */
export interface EncryptedKey {
  readonly hash: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly cipher: { readonly name: string; readonly keyBytes: number };
  readonly iv: Uint8Array;
  readonly content: Uint8Array;
}

/**
 * Understands the container, within bounds: nobody can make us compute for hours (KS-03).
 * @throws KeyProblem that names the format which cannot be read
 */
export function readEncryptedKey(der: Uint8Array): EncryptedKey {
  const [algorithm, data, ...more] = members(parseDer(der));
  const content = octets(data);
  const [scheme, parameters] = members(algorithm);
  if (content === undefined || more.length > 0 || scheme === undefined)
    throw new KeyProblem('it is damaged, or no encrypted PKCS#8 key');
  expectId(objectId(scheme), pbes2);
  const [derivation, encryption] = members(parameters);
  if (content.byteLength === 0 || content.byteLength % blockBytes !== 0)
    throw new KeyProblem('its encrypted content is damaged: it is not a multiple of 16 bytes');
  const { cipher, iv } = readCipher(encryption);
  return { ...readDerivation(derivation, cipher.keyBytes), cipher, iv, content };
}

function readDerivation(
  block: DerValue | undefined,
  keyBytes: number,
): Pick<EncryptedKey, 'hash' | 'salt' | 'iterations'> {
  const [id, parameters] = members(block);
  expectId(objectId(id), pbkdf2Id);
  const [saltBlock, iterationsBlock, ...optional] = members(parameters);
  const salt = octets(saltBlock);
  const iterations = smallInteger(iterationsBlock);
  if (salt === undefined || salt.byteLength === 0 || salt.byteLength > limits.pbkdf2SaltBytes)
    throw new KeyProblem(`its PBKDF2 salt is not 1 to ${limits.pbkdf2SaltBytes} bytes`);
  if (iterations === undefined || iterations === 0 || iterations > limits.pbkdf2Iterations)
    throw new KeyProblem(`its PBKDF2 iteration count is not 1 to ${limits.pbkdf2Iterations}`);

  // [keyLength INTEGER], [prf AlgorithmIdentifier]
  const keyLength = smallInteger(optional[0]);
  const [prf, ...more] = keyLength === undefined ? optional : optional.slice(1);
  if (keyLength !== undefined && keyLength !== keyBytes)
    throw new KeyProblem('its PBKDF2 key length does not fit the cipher');
  const hash = prf === undefined ? 'sha1' : hashes.get(objectId(members(prf)[0]));
  if (hash === undefined || more.length > 0) throw unsupported(objectId(members(prf)[0]));
  return { hash, salt, iterations };
}

function readCipher(block: DerValue | undefined): Pick<EncryptedKey, 'cipher' | 'iv'> {
  const [id, parameter] = members(block);
  const cipher = ciphers.get(objectId(id));
  if (cipher === undefined) throw unsupported(objectId(id));
  const iv = octets(parameter);
  if (iv?.byteLength !== blockBytes) throw new KeyProblem('its AES initialisation vector is not 16 bytes');
  return { cipher, iv };
}

function expectId(found: string, wanted: string): void {
  if (found !== wanted) throw unsupported(found);
}

function unsupported(id: string): KeyProblem {
  const name = knownSchemes.get(id) ?? (id === '' ? 'an unknown method' : `the unknown method ${id}`);
  return new KeyProblem(`it is encrypted with ${name}; dct reads PBES2 with PBKDF2 and AES-CBC`);
}

/** The content as it was encrypted; undefined or nonsense with a wrong passphrase. The caller zeroes it after use. */
export async function decryptKey(key: EncryptedKey, passphrase: Uint8Array): Promise<Uint8Array | undefined> {
  const derived = await deriveKey(passphrase, key.salt, key.iterations, key.cipher.keyBytes, key.hash);
  try {
    return decrypt(key.cipher.name, derived, key.iv, key.content);
  } finally {
    derived.fill(0);
  }
}

/** Notary's form. It does not look which pseudo-random function is named, so with any other it could not read the key. */
const written = { hash: 'sha1', saltBytes: 8, iterations: 2048 } as const;

/** True when Notary can open the container too (dialect 5.3), and would not have guarded it better. */
export function isNotaryForm({ hash, cipher, iterations }: EncryptedKey): boolean {
  return hash === written.hash && cipher.keyBytes === 32 && iterations >= written.iterations;
}

/** Encrypts a PrivateKeyInfo into an EncryptedPrivateKeyInfo, with at least as many rounds as Notary computes. */
export async function encryptKey(
  plain: Uint8Array,
  passphrase: Uint8Array,
  atLeast = 0,
): Promise<Uint8Array> {
  const iterations = Math.max(written.iterations, atLeast);
  const salt = randomBytes(written.saltBytes);
  const iv = randomBytes(blockBytes);
  const derived = await deriveKey(passphrase, salt, iterations, 32, written.hash);
  const cipher = createCipheriv('aes-256-cbc', derived, iv);
  const content = concat(cipher.update(plain), cipher.final());
  derived.fill(0);
  const derivation = sequence(oid(pbkdf2Id), sequence(octetString(salt), integer(iterations)));
  const encryption = sequence(oid(aes256), octetString(iv));
  return encodeDer(sequence(sequence(oid(pbes2), sequence(derivation, encryption)), octetString(content)));
}
