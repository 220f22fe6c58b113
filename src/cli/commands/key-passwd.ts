// `dct key passwd`: another passphrase for a key.
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';
import { passphrasePlaces } from '../passphrase-places.ts';

export interface KeyPasswdOptions {
  readonly newPassphraseFile?: string;
  readonly newPassphraseFd?: string;
}

/**
 * The old passphrase comes from the usual places, the new one only from where this command is told, or from the terminal:
 * with the variables set it would be the old one again.
 * @throws USAGE, KEY_UNKNOWN, KEY_AMBIGUOUS, PASSPHRASE_WEAK, PASSPHRASE_TOO_SHORT, KEY_CHANGED, DISK, the errors of unlocking
 */
export async function keyPasswd(
  { io, services, console, interruption }: Context,
  id: string,
  { newPassphraseFile: file, newPassphraseFd: descriptor }: KeyPasswdOptions,
): Promise<void> {
  const given = {
    ...(file !== undefined && { passphraseFile: [file] }),
    ...(descriptor !== undefined && { passphraseFd: [descriptor] }),
  };
  const newPlaces = passphrasePlaces(given, io.workingDirectory);
  const keeper = await services.keyKeeper({ newPlaces });
  const key = await keeper.find(id);
  await interruption.undisturbed(() => keeper.changePassphrase(key.keyId));
  const { keyId, role, gun = null } = key;
  console.info('exports, backups and the keychain still have the old one');
  console.emit({ lines: [`changed the passphrase of ${nameOf(key)}`], data: { keyId, role, gun } });
}
