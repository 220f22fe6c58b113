// Passphrases from the keychain of the operating system, where there is one.
import type { PassphraseSource } from './source.ts';

/** What dct needs of the `keytar` package. */
export interface Keychain {
  getPassword(service: string, account: string): Promise<string | null>;
}

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

/** An optional dependency with a native part, so it may be missing or refuse to load. */
async function loadKeytar(): Promise<Keychain> {
  return await import('keytar/keytar.js');
}
