// Passphrases in the keychain of the operating system, where there is one.
import { DctError } from '../../base/errors.ts';
import type { PassphraseSource } from './source.ts';

/** What dct needs of the `keytar` package. */
export interface Keychain {
  getPassword(service: string, account: string): Promise<string | null>;
}

export interface WritableKeychain extends Keychain {
  setPassword(service: string, account: string, password: string): Promise<void>;
  /** False when there was none. */
  deletePassword(service: string, account: string): Promise<boolean>;
}

export type LoadKeychain = () => Promise<WritableKeychain>;

/** The keychain's name for what belongs to dct; accounts are key ids, `root`, and `repository` for all other keys. */
const service = 'dct';

/**
 * The entry of the key, else the one of its kind. A keychain that is not installed, locked, or not reachable (no desktop
 * session) has no entries; the next source is asked. One attempt only.
 */
export function keychainPassphrases(load: () => Promise<Keychain> = loadKeytar): PassphraseSource {
  return {
    get: async ({ keyId, role, attempt }) => {
      if (attempt > 0) return undefined;
      try {
        const keychain = await load();
        for (const account of [keyId, role === 'root' ? 'root' : 'repository']) {
          if (account === '') continue;
          const passphrase = await keychain.getPassword(service, account);
          if (passphrase !== null && passphrase !== '') return { passphrase, source: 'the OS keychain' };
        }
      } catch {
        // Not available is not an error: the keychain is optional.
      }
      return undefined;
    },
  };
}

/** Keeps the passphrase of a key, and reads it back: some systems take an entry and do not keep it. @throws KEYCHAIN */
export async function rememberPassphrase(
  keyId: string,
  passphrase: string,
  load: LoadKeychain = loadKeytar,
): Promise<void> {
  await using(load, async (keychain) => {
    await keychain.setPassword(service, keyId, passphrase);
    if ((await keychain.getPassword(service, keyId)) !== passphrase)
      throw new Error('it did not keep the entry');
  });
}

/** False when nothing was kept for the key. @throws KEYCHAIN */
export async function forgetPassphrase(keyId: string, load: LoadKeychain = loadKeytar): Promise<boolean> {
  return await using(load, (keychain) => keychain.deletePassword(service, keyId));
}

/** Here, not available is an error: somebody wants something of the keychain. */
async function using<T>(load: LoadKeychain, work: (keychain: WritableKeychain) => Promise<T>): Promise<T> {
  try {
    return await work(await load());
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DctError('KEYCHAIN', { problem }, error);
  }
}

/** An optional dependency with a native part, so it may be missing or refuse to load. */
async function loadKeytar(): Promise<WritableKeychain> {
  return await import('keytar/keytar.js');
}
