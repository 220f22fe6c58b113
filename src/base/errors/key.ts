// Private keys and passphrases: exit code 6. Facts never carry key material or passphrases.
import { define } from './define.ts';

export const keyErrors = {
  WRONG_PASSPHRASE: define(
    'key',
    (f: { keyId: string; role: string; source: string }) =>
      `wrong passphrase for ${f.role} key ${f.keyId} (from ${f.source})`,
    () => 'Nothing was changed. Try again with the passphrase that this key was stored with.',
  ),
  PASSPHRASE_MISSING: define(
    'key',
    (f: { role: string; keyId: string; variable: string }) =>
      `the passphrase of ${f.role} key ${f.keyId} is needed, and there is no terminal to ask at`,
    (f) => `Set ${f.variable}, or run this at a terminal.`,
  ),
  PASSPHRASE_TOO_SHORT: define(
    'key',
    (f: { minimum: number }) => `the new passphrase is shorter than ${f.minimum} characters`,
    () => 'Choose a longer one; nothing was written.',
  ),
  PASSPHRASE_MISMATCH: define(
    'key',
    () => 'the new passphrase and its repetition differ',
    () => 'Nothing was written. Run the same command again.',
  ),
  KEY_MISSING: define(
    'key',
    (f: { gun: string; role: string; keyIds: string }) =>
      `no private key for ${f.role} of ${f.gun} is on this machine (needed: ${f.keyIds})`,
    () => 'Import one of these keys into the trust directory, or ask somebody who holds one.',
  ),
  TAG_NOT_ALLOWED: define(
    'key',
    (f: { gun: string; tag: string; roles: string }) =>
      `the keys on this machine may not sign ${f.gun}:${f.tag} (they belong to ${f.roles}, whose paths leave it out)`,
    () => 'Ask a signer whose paths cover this tag, or the owner of the repository to extend the paths.',
  ),
  KEY_UNKNOWN: define(
    'key',
    (f: { keyId: string }) => `there is no private key ${f.keyId} on this machine`,
    () => 'List the keys that are here with: dct key list',
  ),
  KEY_FORMAT: define(
    'key',
    (f: { file: string; problem: string }) => `${f.file} cannot be read as a private key: ${f.problem}`,
    () => 'Nothing was changed. Restore the file from a backup, or import the key again.',
  ),
  KEY_ID_WRONG: define(
    'key',
    (f: { file: string; actual: string }) =>
      `${f.file} holds the key ${f.actual}, not the one that its name says`,
    () => 'Rename the file to the id of its key, or restore the right one from a backup.',
  ),
  KEY_EXISTS: define(
    'key',
    (f: { file: string }) => `${f.file} exists already`,
    () => 'Nothing was overwritten. Choose another name, or move the old file away.',
  ),
  KEY_REFUSED: define(
    'key',
    (f: { what: string; problem: string }) => `${f.what} is refused: ${f.problem}`,
    () => 'Nothing was changed. Use an ECDSA P-256 key as `dct key generate` makes it.',
  ),
};
