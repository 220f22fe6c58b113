// Sources of passphrases.
export { environmentPassphrases, passphraseVariable } from './environment.ts';
export { firstOf } from './first-of.ts';
export { handedPassphrases, type HandedPassphrase } from './handed.ts';
export {
  forgetPassphrase,
  keychainPassphrases,
  rememberPassphrase,
  type Keychain,
  type LoadKeychain,
} from './keychain.ts';
export { promptPassphrases, type AskSecret } from './prompt.ts';
export type { Passphrase, PassphraseRequest, PassphraseSource } from './source.ts';
export { passphraseProblem } from './strength.ts';
