// Makes a key that is safe on the disk, and proven to be usable from there, before anything is signed with it (KS-13).
import { utf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import type { Signer } from '../tuf-client/crypto/index.ts';
import { asRoleName, signerRole, type KeyId } from '../tuf-client/model/index.ts';
import { isCollectionRole, keyPath, readKeyFile, expectStored } from './key-file.ts';
import type { PassphraseSource } from './passphrase/index.ts';
import { writePem } from './pem.ts';
import { createSigner } from './signer.ts';
import { newPassphrase } from './new-passphrase.ts';
import { unlock, type RememberedPassphrases } from './unlock.ts';

/** A key that exists in memory only. */
export interface NewKey {
  readonly keyId: KeyId;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Writes it, reads it back, decrypts it and signs with what came back. @throws DISK, KEY_EXISTS */
  store(files: Files): Promise<Signer>;
}

/**
 * A new ECDSA P-256 key, and the passphrase that it will be stored with: the remembered one of its role, as for Notary, else
 * one that the source is asked for.
 * @throws USAGE for a role that cannot be, PASSPHRASE_MISSING, PASSPHRASE_TOO_SHORT and what the source throws
 */
export async function makeKey(
  role: string,
  gun: string | undefined,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<NewKey> {
  if (asRoleName(role) === undefined && signerRole(role) === undefined)
    throw new DctError('USAGE', { problem: `"${role}" is neither a role nor the name of a signer` });
  const { generateKey, lockKey } = await import('./open-key.ts');
  const key = generateKey();
  const { keyId, publicKey } = await createSigner(key);
  const owner = gun !== undefined && isCollectionRole(role) ? { gun } : {};
  const passphrase = await newPassphrase({ keyId, role, ...owner }, passphrases, remembered);

  const store = async (files: Files): Promise<Signer> => {
    const secret = utf8(passphrase);
    const block = await lockKey(key, secret, new Map(Object.entries({ ...owner, role })));
    secret.fill(0);
    const bytes = writePem(block);
    await files.create(keyPath(keyId), bytes);
    try {
      const signer = await readBack(files, keyId, bytes, new Map([[role, passphrase]]));
      remembered.set(role, passphrase);
      return signer;
    } catch (error) {
      // Nobody has seen this key yet, so nothing is lost with it.
      await files.remove(keyPath(keyId));
      throw error;
    }
  };
  return { keyId, publicKey: publicKey.value, store };
}

/** What is on the disk must be what was written, and open with this passphrase to a key that signs. */
async function readBack(
  files: Files,
  keyId: KeyId,
  written: Uint8Array,
  passphrase: RememberedPassphrases,
): Promise<Signer> {
  const path = keyPath(keyId);
  await expectStored(files, path, written);
  const file = await readKeyFile(files, { path, keyId, defaultRole: '' });
  return await unlock(file, { get: () => Promise.resolve(undefined) }, passphrase);
}
