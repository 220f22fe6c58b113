// `dct key passwd`: another passphrase for a key.
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';
import { passphrasePlaces } from '../passphrase-places.ts';

export interface KeyPasswdOptions {
  readonly newPassphraseFile?: string;
  readonly newPassphraseFd?: string;
  readonly rounds?: string;
}

/**
 * The old passphrase comes from the usual places, the new one only from where this command is told, or from the terminal:
 * with the variables set it would be the old one again.
 * @throws USAGE, KEY_UNKNOWN, KEY_AMBIGUOUS, PASSPHRASE_WEAK, PASSPHRASE_TOO_SHORT, KEY_CHANGED, DISK, the errors of unlocking
 */
export async function keyPasswd(
  { io, services, console, interruption }: Context,
  id: string,
  { newPassphraseFile: file, newPassphraseFd: descriptor, rounds: text }: KeyPasswdOptions,
): Promise<void> {
  const rounds = text === undefined ? undefined : numberOfRounds(text);
  const given = {
    ...(file !== undefined && { passphraseFile: [file] }),
    ...(descriptor !== undefined && { passphraseFd: [descriptor] }),
  };
  const newPlaces = passphrasePlaces(given, io.workingDirectory);
  const keeper = await services.keyKeeper({ newPlaces });
  const key = await keeper.find(id);
  await interruption.undisturbed(() => keeper.changePassphrase(key.keyId, rounds));
  const { keyId, role, gun = null } = key;
  console.info('exports, backups and the keychain still have the old one');
  console.emit({ lines: [`changed the passphrase of ${nameOf(key)}`], data: { keyId, role, gun } });
}

/** Not fewer than Notary's, and not more than dct would open. */
function numberOfRounds(text: string): number {
  const rounds = /^[0-9]{4,8}$/.test(text) ? Number(text) : 0;
  if (rounds >= 2048 && rounds <= limits.pbkdf2Iterations) return rounds;
  throw new DctError('USAGE', { problem: `--rounds is a number from 2048 to ${limits.pbkdf2Iterations}` });
}
