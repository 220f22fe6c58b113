// The passphrase that a key gets which had none, or did not exist.
import { DctError } from '../base/errors.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import type { PassphraseSource } from './passphrase/index.ts';
import { passphraseMissing, type RememberedPassphrases } from './unlock.ts';

export interface KeyToLock {
  readonly keyId: KeyId;
  readonly role: string;
  readonly gun?: string;
}

/**
 * The remembered one of its role, as for Notary, else one that the source is asked for.
 * @throws PASSPHRASE_MISSING, PASSPHRASE_TOO_SHORT, and what the source throws
 */
export async function newPassphrase(
  { keyId, role, gun }: KeyToLock,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<string> {
  const owner = gun === undefined ? {} : { gun };
  const request = { keyId, role, ...owner, purpose: 'create', attempt: 0 } as const;
  const passphrase = remembered.get(role) ?? (await passphrases.get(request))?.passphrase;
  if (passphrase === undefined) throw passphraseMissing({ keyId, role, file: '' });
  // Notary would take such a key for one that is not encrypted.
  if (passphrase === '') throw new DctError('PASSPHRASE_TOO_SHORT', { minimum: 1 });
  return passphrase;
}
