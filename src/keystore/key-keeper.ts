// Keeping private keys, as opposed to signing with them: import, export, passphrases, removal, and a look after all of them.
import { DctError } from '../base/errors.ts';
import type { FileAccess } from '../base/ports.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { archiveKey } from './archive.ts';
import type { KeySource } from './bundle.ts';
import type { ExportedBytes, ExportedKeys, ExportRequest, KeySelection } from './export-keys.ts';
import type { ImportOptions, PreparedImport } from './import-keys.ts';
import type { KeyCheck } from './check-keys.ts';
import { findKeys, readKeyFile, type KeyPlace, type StoredKey } from './key-file.ts';
import { alone, type KeyStoreOptions } from './key-store.ts';
import { findMentions, type Mentions } from './mentions.ts';
import {
  forgetPassphrase,
  rememberPassphrase,
  type LoadKeychain,
  type PassphraseSource,
} from './passphrase/index.ts';
import { unlockKey } from './unlock.ts';

export interface KeyKeeperOptions extends KeyStoreOptions {
  /** Passphrases that keys get with `changePassphrase`; never the source that also opens them. */
  readonly newPassphrases: PassphraseSource;
  /** Who may touch the file with this absolute path; undefined where nobody can tell. */
  readonly access: (file: string) => Promise<FileAccess | undefined>;
  /** Absolute paths of temporary files that a killed process has left; left out where there are none. */
  readonly leftovers?: () => Promise<readonly string[]>;
  /** The keychain of the operating system, unless a test brings its own. */
  readonly loadKeychain?: LoadKeychain;
}

export interface RemovedKey {
  readonly keyId: KeyId;
  /** Absolute path of the file that holds it now. */
  readonly archived: string;
}

export interface KeyKeeper {
  /**
   * The key with this id or this beginning of an id.
   * @throws USAGE for less than 7 digits, KEY_UNKNOWN, KEY_AMBIGUOUS, KEY_FORMAT
   */
  find(text: string): Promise<StoredKey>;
  /** Which roles the cached trust data gives to which keys, private halves here or not. */
  mentions(): Promise<Mentions>;
  prepareImport(sources: readonly KeySource[], options: ImportOptions): Promise<PreparedImport>;
  export(request: Omit<ExportRequest, 'directory'> & { readonly directory: string }): Promise<ExportedKeys>;
  /** What `export` would write, for a pipe: where it ends up is not known, so it counts as no copy. */
  exportBytes(selection: KeySelection): Promise<ExportedBytes>;
  /** Moves the key file into the archive: nobody signs with it any more, and it can be imported again. @throws DISK, KEY_UNKNOWN */
  archive(keyId: KeyId): Promise<RemovedKey>;
  /** `rounds`: how many of PBKDF2 shall guard it at least. */
  changePassphrase(keyId: KeyId, rounds?: number): Promise<void>;
  check(): Promise<KeyCheck>;
  /** Opens the key, and keeps its passphrase in the keychain. @throws KEYCHAIN and the errors of unlocking */
  remember(keyId: KeyId): Promise<void>;
  /** False when nothing was kept. @throws KEYCHAIN */
  forget(keyId: KeyId): Promise<boolean>;
}

/** Opens the store for keeping; nothing is read before it is asked for. */
export function openKeyKeeper(options: KeyKeeperOptions): KeyKeeper {
  const { files, passphrases, newPassphrases, access, loadKeychain } = options;
  const exclusively = options.exclusively ?? alone;

  const placeOf = async (keyId: KeyId): Promise<KeyPlace> => {
    const place = (await findKeys(files)).keys.get(keyId);
    if (place === undefined) throw new DctError('KEY_UNKNOWN', { keyId });
    return place;
  };

  return {
    find: async (text) => {
      const places = [...(await findKeys(files)).keys.values()];
      return (await readKeyFile(files, choose(text, places))).key;
    },
    mentions: () => findMentions(files),
    prepareImport: async (sources, importOptions) => {
      const { prepareImport } = await import('./import-keys.ts');
      return prepareImport({ files, passphrases, exclusively }, sources, importOptions);
    },
    export: async (request) => {
      const { exportKeys } = await import('./export-keys.ts');
      return exportKeys(files, { ...request, directory: options.openDirectory(request.directory) });
    },
    exportBytes: async (selection) => {
      const { bundleOf } = await import('./export-keys.ts');
      return bundleOf(files, selection, false);
    },
    archive: (keyId) =>
      exclusively(async () => {
        const { path } = await placeOf(keyId);
        const archived = await archiveKey(files, path, keyId);
        if (archived === undefined) throw new DctError('KEY_UNKNOWN', { keyId });
        await files.remove(path);
        return { keyId, archived };
      }),
    changePassphrase: async (keyId, rounds) => {
      const { changePassphrase } = await import('./change-passphrase.ts');
      await changePassphrase(
        { files, passphrases, newPassphrases, exclusively, rounds },
        await placeOf(keyId),
      );
    },
    check: async () => {
      const { checkKeys } = await import('./check-keys.ts');
      return checkKeys({ files, passphrases, access, leftovers: options.leftovers });
    },
    remember: async (keyId) => {
      const file = await readKeyFile(files, await placeOf(keyId));
      const { passphrase } = await unlockKey(file, passphrases, new Map());
      if (passphrase === undefined)
        throw new DctError('KEY_REFUSED', {
          what: `remembering the passphrase of ${keyId}`,
          problem: 'it has none',
        });
      await rememberPassphrase(keyId, passphrase, loadKeychain);
    },
    forget: (keyId) => forgetPassphrase(keyId, loadKeychain),
  };
}

/** Names exactly one key; less than seven digits, as prompts show them, is too easily the wrong one. */
function choose(text: string, places: readonly KeyPlace[]): KeyPlace {
  if (!/^[0-9a-f]{7,64}$/.test(text))
    throw new DctError('USAGE', {
      problem: `"${text}" is no key id`,
      hint: 'Write the id, or at least its first 7 digits; `dct key list` shows it.',
    });
  const [first, ...others] = places.filter(({ keyId }) => keyId.startsWith(text));
  if (first === undefined) throw new DctError('KEY_UNKNOWN', { keyId: text });
  if (others.length === 0) return first;
  const keyIds = [first, ...others].map(({ keyId }) => keyId).join(', ');
  throw new DctError('KEY_AMBIGUOUS', { text, keyIds });
}
