// From a key file to a signer: which passphrases are tried, and when one counts as right (KS-01).
import { DctError } from '../base/errors.ts';
import { utf8 } from '../base/bytes.ts';
import type { Signer } from '../tuf-client/crypto/index.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { asKeyFormat, namingFile } from './key-file.ts';
import type { OpenedKey } from './open-key.ts';
import { passphraseVariable, type Passphrase, type PassphraseSource } from './passphrase/index.ts';
import type { PemBlock } from './pem.ts';

/** No source has more to say than this; it only ends a source that never gives up. */
const attemptsAtMost = 16;

/** Passphrases that opened or locked a key, by role, for the keys that follow: as long as the process lives. */
export type RememberedPassphrases = Map<string, string>;

/** A key that is still locked, wherever it comes from. */
export interface Locked {
  readonly key: {
    /** What its file name or header promises; undefined when there is no promise. */
    readonly keyId?: KeyId;
    readonly role: string;
    readonly gun?: string;
    readonly encrypted: boolean;
    /** Where it is, for messages. */
    readonly file: string;
  };
  readonly block: PemBlock;
}

export interface Unlocked extends OpenedKey {
  /** What opened it; undefined for a plain key. */
  readonly passphrase: string | undefined;
}

/** The signer alone. @throws what `unlockKey` throws */
export async function unlock(
  locked: Locked,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<Signer> {
  return (await unlockKey(locked, passphrases, remembered)).signer;
}

/**
 * Opens a key with the passphrase remembered for its role, else with what the source offers until something fits. A
 * remembered one that does not fit is no mistake of anybody's: keys of one role may have different ones.
 * @throws WRONG_PASSPHRASE, PASSPHRASE_MISSING, KEY_FORMAT, KEY_ID_WRONG, and what the source throws
 */
export async function unlockKey(
  { key, block }: Locked,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<Unlocked> {
  const { readLockedKey } = await import('./open-key.ts');
  // Before anybody is asked: no passphrase opens what dct cannot read.
  const locked = namingFile(key.file, () => readLockedKey(block));
  const open = async (passphrase: string): Promise<Unlocked | undefined> => {
    const secret = utf8(passphrase);
    try {
      const opened = await locked.open(secret);
      if (opened === undefined) return undefined;
      const actual = opened.signer.keyId;
      if (key.keyId !== undefined && actual !== key.keyId)
        throw new DctError('KEY_ID_WRONG', { file: key.file, actual });
      if (key.encrypted) remembered.set(key.role, passphrase);
      return { ...opened, passphrase: key.encrypted ? passphrase : undefined };
    } catch (error) {
      throw asKeyFormat(key.file, error);
    } finally {
      secret.fill(0);
    }
  };

  const known = key.encrypted ? remembered.get(key.role) : '';
  const opened = known === undefined ? undefined : await open(known);
  return opened ?? (await askAndOpen(key, passphrases, open));
}

async function askAndOpen(
  key: Locked['key'],
  passphrases: PassphraseSource,
  open: (passphrase: string) => Promise<Unlocked | undefined>,
): Promise<Unlocked> {
  const { role, gun } = key;
  let last: Passphrase | undefined;
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    const request = {
      ...identity(key),
      role,
      ...(gun === undefined ? {} : { gun }),
      purpose: 'unlock',
      attempt,
    } as const;
    const answer = await passphrases.get(request);
    if (answer === undefined) break;
    const opened = await open(answer.passphrase);
    if (opened !== undefined) return opened;
    last = answer;
  }
  if (last === undefined) throw passphraseMissing(key);
  throw new DctError('WRONG_PASSPHRASE', { ...identity(key), role: shownRole(role), source: last.source });
}

/** The error of a key whose passphrase nobody has. */
export function passphraseMissing(key: Pick<Locked['key'], 'keyId' | 'role' | 'file'>): DctError {
  const { role } = key;
  return new DctError('PASSPHRASE_MISSING', {
    ...identity(key),
    role: shownRole(role),
    variable: passphraseVariable(role),
  });
}

/** The id where there is one, else the place. */
function identity({ keyId, file }: Pick<Locked['key'], 'keyId' | 'file'>): { keyId: string; file?: string } {
  return keyId === undefined ? { keyId: '', file } : { keyId };
}

function shownRole(role: string): string {
  return role === '' ? 'unnamed' : role;
}
