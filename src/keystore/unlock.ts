// From a key file to a signer: which passphrases are tried, and when one counts as right (KS-01).
import { DctError } from '../base/errors.ts';
import { utf8 } from '../base/bytes.ts';
import type { Signer } from '../tuf-client/crypto/index.ts';
import { asKeyFormat, namingFile, type KeyFile, type StoredKey } from './key-file.ts';
import { passphraseVariable, type Passphrase, type PassphraseSource } from './passphrase/index.ts';

/** No source has more to say than this; it only ends a source that never gives up. */
const attemptsAtMost = 16;

/** Passphrases that opened or locked a key, by role, for the keys that follow: as long as the process lives. */
export type RememberedPassphrases = Map<string, string>;

/**
 * Opens a key with the passphrase remembered for its role, else with what the source offers until something fits. A
 * remembered one that does not fit is no mistake of anybody's: keys of one role may have different ones.
 * @throws WRONG_PASSPHRASE, PASSPHRASE_MISSING, KEY_FORMAT, KEY_ID_WRONG, and what the source throws
 */
export async function unlock(
  { key, block }: KeyFile,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<Signer> {
  const { readLockedKey } = await import('./open-key.ts');
  // Before anybody is asked: no passphrase opens what dct cannot read.
  const locked = namingFile(key.file, () => readLockedKey(block));
  const open = async (passphrase: string): Promise<Signer | undefined> => {
    const secret = utf8(passphrase);
    try {
      const signer = await locked.open(secret);
      if (signer !== undefined && signer.keyId !== key.keyId)
        throw new DctError('KEY_ID_WRONG', { file: key.file, actual: signer.keyId });
      if (signer !== undefined && key.encrypted) remembered.set(key.role, passphrase);
      return signer;
    } catch (error) {
      throw asKeyFormat(key.file, error);
    } finally {
      secret.fill(0);
    }
  };

  const known = key.encrypted ? remembered.get(key.role) : '';
  const signer = known === undefined ? undefined : await open(known);
  return signer ?? (await askAndOpen(key, passphrases, open));
}

async function askAndOpen(
  key: StoredKey,
  passphrases: PassphraseSource,
  open: (passphrase: string) => Promise<Signer | undefined>,
): Promise<Signer> {
  const { keyId, role, gun } = key;
  let last: Passphrase | undefined;
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    const request = {
      keyId,
      role,
      ...(gun === undefined ? {} : { gun }),
      purpose: 'unlock',
      attempt,
    } as const;
    const answer = await passphrases.get(request);
    if (answer === undefined) break;
    const signer = await open(answer.passphrase);
    if (signer !== undefined) return signer;
    last = answer;
  }
  if (last === undefined) throw passphraseMissing(keyId, role);
  throw new DctError('WRONG_PASSPHRASE', { keyId, role: shownRole(role), source: last.source });
}

export function passphraseMissing(keyId: string, role: string): DctError {
  return new DctError('PASSPHRASE_MISSING', {
    keyId,
    role: shownRole(role),
    variable: passphraseVariable(role),
  });
}

function shownRole(role: string): string {
  return role === '' ? 'unnamed' : role;
}
