// Door of the key store: Docker's private key files, unlocked with passphrases from where people keep them.
export type { StoredKey } from './key-file.ts';
export {
  openKeyStore,
  type GeneratedKey,
  type KeyStore,
  type KeyStoreOptions,
  type KeySurvey,
} from './key-store.ts';
export {
  environmentPassphrases,
  firstOf,
  keychainPassphrases,
  passphraseVariable,
  promptPassphrases,
  type AskSecret,
  type Keychain,
  type Passphrase,
  type PassphraseRequest,
  type PassphraseSource,
} from './passphrase/index.ts';
