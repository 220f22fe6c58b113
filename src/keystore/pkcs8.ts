// PKCS#8 PrivateKeyInfo (RFC 5208): what Notary, Node and OpenSSL write is read, Notary's own form is written (dialect 5.2).
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
} from './der.ts';
import { KeyProblem } from './key-problem.ts';
import {
  bareKey,
  ed25519Key,
  readNotaryEd25519,
  readPkcs1,
  readSec1,
  type PrivateKey,
} from './private-key.ts';

const ids = {
  ecdsa: '1.2.840.10045.2.1',
  rsa: '1.2.840.113549.1.1.1',
  /** RFC 8410, which Notary cannot read. */
  ed25519: '1.3.101.112',
  /** GNU's arc, which nobody but Notary uses for it. */
  notaryEd25519: '1.3.6.1.4.1.11591.15.1',
} as const;

/**
 * Undefined when the bytes are no PrivateKeyInfo, as after decryption with a wrong passphrase.
 * @throws KeyProblem when they are one, of a kind that dct does not support
 */
export function readPkcs8(der: Uint8Array): PrivateKey | undefined {
  const [version, algorithm, data] = members(parseDer(der));
  const [id, parameters] = members(algorithm);
  const bare = octets(data);
  const form = smallInteger(version);
  if (bare === undefined || id === undefined || (form !== 0 && form !== 1)) return undefined;
  try {
    switch (objectId(id)) {
      case ids.ecdsa:
        return readSec1(bare, objectId(parameters));
      case ids.rsa:
        return readPkcs1(bare);
      case ids.ed25519:
        return readRfc8410(bare);
      case ids.notaryEd25519:
        return readNotaryEd25519(bare);
      default:
        throw new KeyProblem(`its kind ${objectId(id)} is not supported; dct knows ECDSA, RSA and Ed25519`);
    }
  } finally {
    bare.fill(0);
  }
}

/** The seed is an OCTET STRING once more. */
function readRfc8410(bytes: Uint8Array): PrivateKey | undefined {
  const seed = octets(parseDer(bytes));
  return seed?.byteLength === 32 ? ed25519Key(seed.slice()) : undefined;
}

/**
 * Notary's form with its peculiarities: version 1 for ECDSA, no NULL behind rsaEncryption, an object id of its own for
 * Ed25519. The caller zeroes the result after use.
 */
export function writePkcs8(key: PrivateKey): Uint8Array {
  const bare = bareKey(key);
  const info = (version: number, ...algorithm: readonly string[]): Uint8Array =>
    encodeDer(sequence(integer(version), sequence(...algorithm.map(oid)), octetString(bare)));
  try {
    switch (key.kind) {
      case 'ecdsa':
        return info(1, ids.ecdsa, key.curveId);
      case 'rsa':
        return info(0, ids.rsa);
      case 'ed25519':
        return info(0, ids.notaryEd25519);
    }
  } finally {
    bare.fill(0);
  }
}
