// Opens and makes the PEM block of one key. Loaded only when a key is touched, because it brings the ASN.1 library along.
import { generateKeyPairSync } from 'node:crypto';
import type { Signer } from '../tuf-client/crypto/index.ts';
import { KeyProblem } from './key-problem.ts';
import { decryptLegacy, isLegacyEncrypted, readLegacyEncryption } from './legacy-encryption.ts';
import { decryptKey, encryptKey, readEncryptedKey } from './pbes2.ts';
import type { PemBlock } from './pem.ts';
import { readPkcs8, writePkcs8 } from './pkcs8.ts';
import { readNotaryEd25519, readPkcs1, readSec1, type PrivateKey } from './private-key.ts';
import { createSigner } from './signer.ts';

/** A key block that was understood as far as that is possible without its passphrase. */
export interface LockedKey {
  readonly encrypted: boolean;
  /**
   * The signer; undefined when the passphrase is wrong. Nothing in an encrypted key is authenticated, so a passphrase is
   * right when the outcome is a whole key and nothing else (KS-01). The passphrase of a plain key is ignored.
   * @throws KeyProblem
   */
  open(passphrase: Uint8Array): Promise<Signer | undefined>;
}

/** How the content of each kind of block is read once it is plain. */
const readers = new Map<string, (bytes: Uint8Array) => PrivateKey | undefined>([
  ['PRIVATE KEY', readPkcs8],
  ['EC PRIVATE KEY', readSec1],
  ['RSA PRIVATE KEY', readPkcs1],
  ['ED25519 PRIVATE KEY', readNotaryEd25519],
]);

/** @throws KeyProblem when it is no private key, or encrypted in a way that dct cannot read */
export function readLockedKey(block: PemBlock): LockedKey {
  if (block.label === 'ENCRYPTED PRIVATE KEY') {
    const key = readEncryptedKey(block.content);
    return encrypted((passphrase) => decryptKey(key, passphrase), readPkcs8);
  }
  const read = readers.get(block.label);
  if (read === undefined) throw new KeyProblem(`it holds a ${block.label}, not a private key`);
  if (isLegacyEncrypted(block)) {
    const key = readLegacyEncryption(block);
    return encrypted((passphrase) => Promise.resolve(decryptLegacy(key, passphrase)), read);
  }
  return {
    encrypted: false,
    open: () => {
      const key = read(block.content.slice());
      if (key === undefined) throw new KeyProblem('its content is damaged');
      return createSigner(key);
    },
  };
}

function encrypted(
  decrypt: (passphrase: Uint8Array) => Promise<Uint8Array | undefined>,
  read: (bytes: Uint8Array) => PrivateKey | undefined,
): LockedKey {
  return {
    encrypted: true,
    open: async (passphrase) => {
      const plain = await decrypt(passphrase);
      const key = plain === undefined ? undefined : read(plain);
      plain?.fill(0);
      return key === undefined ? undefined : await createSigner(key);
    },
  };
}

/** A new ECDSA P-256 key, the only kind that Notary and Docker make. */
export function generateKey(): PrivateKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { kind: 'ecdsa', key: privateKey, curveId: '1.2.840.10045.3.1.7' };
}

/** The block as Notary writes it, encrypted. */
export async function lockKey(
  key: PrivateKey,
  passphrase: Uint8Array,
  headers: ReadonlyMap<string, string>,
): Promise<PemBlock> {
  const plain = writePkcs8(key);
  const content = await encryptKey(plain, passphrase);
  plain.fill(0);
  return { label: 'ENCRYPTED PRIVATE KEY', headers, content };
}
