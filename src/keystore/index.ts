// Door of the key store: Docker's private key files, unlocked with passphrases from where people keep them.
export type { KeySource, Ownership } from './bundle.ts';
export type { CheckedKey, KeyCheck } from './check-keys.ts';
export type { KeyCopy } from './copies.ts';
export type { ExportedBytes, ExportedKeys, ExportRequest, KeySelection } from './export-keys.ts';
export type { ImportedKey, ImportOptions, PreparedImport } from './import-keys.ts';
export type { StoredKey } from './key-file.ts';
export { openKeyKeeper, type KeyKeeper, type KeyKeeperOptions, type RemovedKey } from './key-keeper.ts';
export type { Mention, Mentions } from './mentions.ts';
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
  handedPassphrases,
  keychainPassphrases,
  passphraseVariable,
  promptPassphrases,
  type AskSecret,
  type HandedPassphrase,
  type Keychain,
  type LoadKeychain,
  type Passphrase,
  type PassphraseRequest,
  type PassphraseSource,
} from './passphrase/index.ts';
