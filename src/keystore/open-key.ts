// Opens and makes the PEM block of one key. Loaded only when a key is touched, because it brings the ASN.1 library along.
import { generateKeyPairSync } from 'node:crypto';
import type { Signer } from '../tuf-client/crypto/index.ts';
import { KeyProblem } from './key-problem.ts';
import { decryptLegacy, isLegacyEncrypted, readLegacyEncryption } from './legacy-encryption.ts';
import { decryptKey, encryptKey, isNotaryForm, readEncryptedKey } from './pbes2.ts';
import type { PemBlock } from './pem.ts';
import { readPkcs8, writePkcs8 } from './pkcs8.ts';
import { readNotaryEd25519, readPkcs1, readSec1, type PrivateKey } from './private-key.ts';
import { createSigner } from './signer.ts';

/** A key block that was understood as far as that is possible without its passphrase. */
export interface LockedKey {
  readonly encrypted: boolean;
  /**
   * The key; undefined when the passphrase is wrong. Nothing in an encrypted key is authenticated, so a passphrase is
   * right when the outcome is a whole key and nothing else (KS-01). The passphrase of a plain key is ignored.
   * @throws KeyProblem
   */
  open(passphrase: Uint8Array): Promise<OpenedKey | undefined>;
}

export interface OpenedKey {
  readonly signer: Signer;
  /** True when Notary can open the block as it is, and none of its protection is weaker than what Notary writes. */
  readonly inNotaryForm: boolean;
  /** The same key, encrypted in Notary's form, with at least so many rounds; those that guard it never become fewer. */
  relock(
    passphrase: Uint8Array,
    headers: ReadonlyMap<string, string>,
    atLeastRounds?: number,
  ): Promise<PemBlock>;
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
    const container = readEncryptedKey(block.content);
    return encrypted((passphrase) => decryptKey(container, passphrase), readPkcs8, {
      rounds: container.iterations,
      notaryForm: isNotaryForm(container),
    });
  }
  const read = readers.get(block.label);
  if (read === undefined)
    throw new KeyProblem(`it holds a ${block.label}, which is no private key that dct reads`);
  if (isLegacyEncrypted(block)) {
    const container = readLegacyEncryption(block);
    return encrypted((passphrase) => Promise.resolve(decryptLegacy(container, passphrase)), read, weak);
  }
  return {
    encrypted: false,
    open: () => {
      const key = read(block.content.slice());
      if (key === undefined) throw new KeyProblem('its content is damaged');
      return opened(key, weak);
    },
  };
}

/** What guards a key on the disk. */
interface Protection {
  readonly rounds: number;
  readonly notaryForm: boolean;
}

/** None, or the old encryption with its one round of MD5. */
const weak: Protection = { rounds: 0, notaryForm: false };

function encrypted(
  decrypt: (passphrase: Uint8Array) => Promise<Uint8Array | undefined>,
  read: (bytes: Uint8Array) => PrivateKey | undefined,
  protection: Protection,
): LockedKey {
  return {
    encrypted: true,
    open: async (passphrase) => {
      const plain = await decrypt(passphrase);
      const key = plain === undefined ? undefined : read(plain);
      plain?.fill(0);
      return key === undefined ? undefined : await opened(key, protection);
    },
  };
}

async function opened(key: PrivateKey, { rounds, notaryForm }: Protection): Promise<OpenedKey> {
  return {
    signer: await createSigner(key),
    // Inside of the container, Ed25519 has two forms, of which Notary reads one.
    inNotaryForm: notaryForm && key.kind !== 'ed25519',
    relock: (passphrase, headers, atLeast = 0) =>
      lockKey(key, passphrase, headers, Math.max(rounds, atLeast)),
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
  atLeastRounds = 0,
): Promise<PemBlock> {
  const plain = writePkcs8(key);
  const content = await encryptKey(plain, passphrase, atLeastRounds);
  plain.fill(0);
  return { label: 'ENCRYPTED PRIVATE KEY', headers, content };
}
