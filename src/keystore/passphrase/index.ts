// Sources of passphrases.
export { environmentPassphrases, passphraseVariable } from './environment.ts';
export { firstOf } from './first-of.ts';
export { keychainPassphrases, type Keychain } from './keychain.ts';
export { promptPassphrases, type AskSecret } from './prompt.ts';
export type { Passphrase, PassphraseRequest, PassphraseSource } from './source.ts';
