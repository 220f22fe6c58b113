// Private keys and passphrases: exit code 6. Facts never carry key material or passphrases.
import { define } from './define.ts';

/** A key that was not opened yet may have no id but only a place. */
const whichKey = (f: { readonly keyId: string; readonly file?: string }): string =>
  f.file === undefined ? f.keyId : `in ${f.file}`;

export const keyErrors = {
  WRONG_PASSPHRASE: define(
    'key',
    (f: { keyId: string; role: string; source: string; file?: string }) =>
      `wrong passphrase for ${f.role} key ${whichKey(f)} (from ${f.source})`,
    () => 'Nothing was changed. Try again with the passphrase that this key was stored with.',
  ),
  PASSPHRASE_MISSING: define(
    'key',
    (f: { role: string; keyId: string; variable: string; file?: string }) =>
      `the passphrase of ${f.role} key ${whichKey(f)} is needed, and there is no terminal to ask at`,
    (f) => `Set ${f.variable}, give --passphrase-file, or run this at a terminal.`,
  ),
  PASSPHRASE_TOO_SHORT: define(
    'key',
    (f: { minimum: number }) => `the new passphrase is shorter than ${f.minimum} characters`,
    () => 'Choose a longer one; nothing was written.',
  ),
  PASSPHRASE_WEAK: define(
    'key',
    (f: { problem: string }) => `the new passphrase is refused: ${f.problem}`,
    () => 'Choose another one; nothing was written.',
  ),
  PASSPHRASE_UNREADABLE: define(
    'key',
    (f: { source: string; problem: string }) => `there is no passphrase in ${f.source}: ${f.problem}`,
    () => 'It must be UTF-8 text; one line end behind it is ignored, everything else counts.',
  ),
  PASSPHRASE_MISMATCH: define(
    'key',
    () => 'the new passphrase and its repetition differ',
    () => 'Nothing was written. Run the same command again.',
  ),
  KEY_MISSING: define(
    'key',
    (f: { gun: string; role: string; keyIds: string; becomeSigner?: 'here' | 'by the owner' }) =>
      `no private key for ${f.role} of ${f.gun} is on this machine (needed: ${f.keyIds})`,
    (f) => {
      if (f.role === 'root')
        return 'Restore it: dct key restore FILE. If every copy is lost, see "When the root key is lost" in docs/keys.md.';
      if (f.becomeSigner === undefined)
        return 'Import one of these keys into the trust directory, or ask somebody who holds one.';
      const who = f.becomeSigner === 'here' ? "the owner's key is here" : 'its owner runs the second';
      return `Sign where one of these keys is, or become a signer (${who}): dct key generate NAME, dct signer add --key NAME.pub NAME ${f.gun}`;
    },
  ),
  SIGNER_KEY_TAKEN: define(
    'key',
    (f: { gun: string; keyId: string; signer: string; other: string }) =>
      `key ${f.keyId} cannot be that of signer ${f.signer} of ${f.gun}: it is the key of ${f.other}`,
    () => 'Two signers with one key could not be told apart. Make one for each: dct key generate NAME',
  ),
  SNAPSHOT_KEY_SHARED: define(
    'key',
    (f: { gun: string; needed: number; held: number }) =>
      `every publication to ${f.gun} needs ${f.needed} signatures of its snapshot, and this machine has ${f.held} of the keys`,
    (f) =>
      `Let the server sign the snapshot, which takes the root key once: dct key rotate ${f.gun} snapshot --server-managed`,
  ),
  BUNDLE_INCOMPLETE: define(
    'key',
    (f: { gun: string; role: string; needed: number; valid: number; missing: string }) =>
      `${f.role} of ${f.gun} needs ${f.needed} signatures, and the bundle has ${f.valid} (not signed by: ${f.missing})`,
    () => 'Send the bundle to somebody who holds one of these keys: dct sign --offline-bundle FILE',
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
  KEY_AMBIGUOUS: define(
    'key',
    (f: { text: string; keyIds: string }) => `"${f.text}" is the beginning of several key ids: ${f.keyIds}`,
    () => 'Write more of the id.',
  ),
  KEYS_NONE: define(
    'key',
    (f: { what: string }) => `there is no private key ${f.what}`,
    () => 'Nothing was written. List the keys that are here with: dct key list',
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
  KEY_CONFLICT: define(
    'key',
    (f: { keyId: string; file: string; problem: string }) =>
      `key ${f.keyId} is here already, in ${f.file}: ${f.problem}`,
    () => 'Nothing was written. With --force the file that is here is archived, then replaced.',
  ),
  KEY_CHANGED: define(
    'key',
    (f: { file: string }) => `${f.file} was changed by somebody else at the same time`,
    () => 'Nothing was overwritten. Run the same command again.',
  ),
  BACKUP_INCOMPLETE: define(
    'key',
    (f: { file: string; problem: string }) => `${f.file} is not a whole backup: ${f.problem}`,
    () => 'Nothing was written. To take the keys that are in it nevertheless: dct key import FILE',
  ),
  KEYCHAIN: define(
    'key',
    (f: { problem: string }) => `the keychain of this system cannot be used: ${f.problem}`,
    () => 'Unlock it, or use a passphrase file or variable instead; dct works without a keychain.',
  ),
  KEY_REFUSED: define(
    'key',
    (f: { what: string; problem: string }) => `${f.what} is refused: ${f.problem}`,
    () => 'Nothing was changed. Use an ECDSA P-256 key as `dct key generate` makes it.',
  ),
};
