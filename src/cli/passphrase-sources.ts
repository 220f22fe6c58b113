// The order in which passphrases are looked for: what was handed over, environment, OS keychain, terminal.
import type { Notices } from '../base/ports.ts';
import type { PassphraseSource } from '../keystore/index.ts';
import type { Io } from './io.ts';
import type { PassphrasePlace } from './passphrase-places.ts';

export interface PassphraseSources {
  /** For keys that are here, and for new ones. The first hit wins. */
  readonly passphrases: PassphraseSource;
  /** For keys that get another one: variables and keychain hold the old one. */
  readonly newPassphrases: PassphraseSource;
}

export interface PassphraseChoices {
  /** What was handed over for a changed key. */
  readonly newPlaces?: readonly PassphrasePlace[];
  /** False for a command that is about to write there. */
  readonly keychain?: boolean;
}

/** Nothing is read or asked before a passphrase is needed. */
export async function passphraseSources(
  io: Io,
  places: readonly PassphrasePlace[],
  notices: Notices,
  { newPlaces = [], keychain = true }: PassphraseChoices = {},
): Promise<PassphraseSources> {
  const { environmentPassphrases, firstOf, handedPassphrases, keychainPassphrases, promptPassphrases } =
    await import('../keystore/index.ts');
  const handed = (given: readonly PassphrasePlace[]): PassphraseSource =>
    handedPassphrases(
      given.map(({ path, ...place }) => ({ ...place, read: () => readSecret(io, path, notices) })),
    );
  const prompt = promptPassphrases(io.askSecret);
  const stored = [environmentPassphrases(io.env), ...(keychain ? [keychainPassphrases()] : [])];
  return {
    passphrases: firstOf(handed(places), ...stored, prompt),
    newPassphrases: firstOf(handed(newPlaces), prompt),
  };
}

async function readSecret({ files }: Io, path: string, notices: Notices): Promise<Uint8Array | undefined> {
  const access = await files.access(path);
  if (access !== undefined && (access.mode & 0o077) !== 0)
    notices.warn(`${path} holds a passphrase, and other users can read or change it`);
  return await files.read(path);
}
