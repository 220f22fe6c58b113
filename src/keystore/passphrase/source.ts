// Where passphrases come from, as a port.

export interface PassphraseRequest {
  /** Empty for a key that has not been opened yet and whose file makes no promise. */
  readonly keyId: string;
  /** Where such a key is, for prompts. */
  readonly file?: string;
  /** The `role` header: `root`, `targets`, `snapshot`, a signer's name, or empty when the key has none. */
  readonly role: string;
  readonly gun?: string;
  /** `create`: a passphrase that a new key is to be stored with. */
  readonly purpose: 'unlock' | 'create';
  /** Counts from 0; above 0 the last answer did not open the key. */
  readonly attempt: number;
}

export interface Passphrase {
  readonly passphrase: string;
  /** Where it came from, for messages: the name of a variable, `the OS keychain`, `the terminal`. */
  readonly source: string;
}

export interface PassphraseSource {
  /** The next passphrase to try; undefined when this source has none, or no more. */
  get(request: PassphraseRequest): Promise<Passphrase | undefined>;
}
