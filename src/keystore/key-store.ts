// The key store: private keys in Docker's trust directory, found by id, role or collection, and unlocked on demand.
import { decodeUtf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { turns } from '../base/turns.ts';
import type { Signer } from '../tuf-client/crypto/index.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { findKeys, isCollectionRole, readKeyFile, type KeyPlace, type StoredKey } from './key-file.ts';
import { makeKey, type NewKey } from './new-key.ts';
import type { PassphraseSource } from './passphrase/index.ts';
import { writePem } from './pem.ts';
import { checkKeyName } from './signer-name.ts';
import { unlock, type RememberedPassphrases } from './unlock.ts';

export interface KeyStoreOptions {
  /** Rooted at the trust directory, `$DOCKER_CONFIG/trust`. */
  readonly files: Files;
  readonly passphrases: PassphraseSource;
  /** The files of any other directory, given by its absolute path: public keys are written there. */
  readonly openDirectory: (directory: string) => Files;
  /** Runs the work while no other process changes the store; left out where there is no other process (KS-08). */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Everything that is in the store, whatever its state. */
export interface KeySurvey {
  /** Ascending by key id. */
  readonly keys: readonly StoredKey[];
  /** Why some files are no usable keys: KEY_FORMAT, DISK, DISK_UNSAFE. They do not keep the others from being used. */
  readonly unreadable: readonly DctError[];
}

export interface GeneratedKey {
  readonly keyId: KeyId;
  /** Absolute path of the public half. */
  readonly publicKeyFile: string;
  /** What is in that file: `PUBLIC KEY` with the header `role`, as `docker trust signer add` takes it. */
  readonly publicKeyPem: string;
}

/**
 * Private keys in Docker's trust directory; has everything that the author door asks of signing keys. Signers that were
 * unlocked, and the passphrase that opened a key of a role, are remembered while the process lives, as Notary does.
 */
export interface KeyStore {
  /** Asks for no passphrase. @throws DISK, DISK_UNSAFE when the directory itself cannot be read */
  survey(): Promise<KeySurvey>;
  /** The usable part of a survey. */
  list(): Promise<readonly StoredKey[]>;
  /** Which of these keys have a file here, readable or not. Asks for no passphrase. */
  held(ids: readonly KeyId[]): Promise<readonly KeyId[]>;
  /**
   * Unlocks one key; asks for nothing when it was unlocked before.
   * @throws KEY_UNKNOWN, WRONG_PASSPHRASE, PASSPHRASE_MISSING, KEY_FORMAT, KEY_ID_WRONG, DISK, DISK_UNSAFE
   */
  signer(id: KeyId): Promise<Signer>;
  /** Ids in ascending order. */
  rootKeys(): Promise<readonly KeyId[]>;
  /** Ids of the keys whose role is this signer name, in ascending order. */
  namedKeys(name: string): Promise<readonly KeyId[]>;
  /** Ids of the keys that were made for this role of this collection, in ascending order. */
  repositoryKeys(role: string, gun: Gun): Promise<readonly KeyId[]>;
  /**
   * Makes and stores an ECDSA P-256 key. The GUN is kept for targets, snapshot and timestamp keys only, as Notary does.
   * @throws USAGE for a role that cannot be, PASSPHRASE_MISSING, PASSPHRASE_TOO_SHORT, PASSPHRASE_MISMATCH, DISK
   */
  create(role: string, gun?: Gun): Promise<Signer>;
  /**
   * The first key of this role, of this collection where the role belongs to one; made when there is none. Of several
   * processes that ask at the same time one makes it, and the others use that one (KS-08).
   * @throws the errors of `signer` and `create`
   */
  obtain(role: string, gun?: Gun): Promise<Signer>;
  /**
   * Makes a signer's key, and its public half as `NAME.pub` in the directory with this absolute path.
   * @throws USAGE for a name that no signer can have, KEY_EXISTS when there is such a file, and the errors of `create`
   */
  generateNamed(name: string, directory: string): Promise<GeneratedKey>;
}

/** For a store that no other process uses. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Opens the store; nothing is read before it is asked for. */
export function openKeyStore(options: KeyStoreOptions): KeyStore {
  const { files, passphrases, openDirectory, exclusively = alone } = options;
  const remembered: RememberedPassphrases = new Map();
  const unlocked = new Map<KeyId, Signer>();
  // Two prompts must not share a terminal, and the second may need no prompt after the first.
  const inTurn = turns();
  /** By path, what was read of it last. Good for finding keys again; whoever opens one reads it anew. */
  const labels = new Map<string, StoredKey>();

  const label = async (place: KeyPlace): Promise<StoredKey> => {
    const { key } = await readKeyFile(files, place);
    labels.set(place.path, key);
    return key;
  };

  const surveyWith = async (
    look: (place: KeyPlace) => StoredKey | Promise<StoredKey>,
  ): Promise<KeySurvey> => {
    const { keys: places, strangers } = await findKeys(files);
    const keys: StoredKey[] = [];
    const unreadable: DctError[] = strangers.map(
      (path) => new DctError('KEY_FORMAT', { file: files.locate(path), problem: 'its name is not a key id' }),
    );
    for (const place of places.values()) {
      try {
        keys.push(await look(place));
      } catch (error) {
        // One bad file must not take the other keys away (KS-02).
        if (!isDctError(error)) throw error;
        unreadable.push(error);
      }
    }
    return { keys: keys.sort((a, b) => (a.keyId < b.keyId ? -1 : 1)), unreadable };
  };

  const survey = (): Promise<KeySurvey> => surveyWith(label);

  /** Who signs in a thousand repositories has a thousand keys, and reads each of them once and not for each repository. */
  const idsOf = async (wanted: (key: StoredKey) => boolean): Promise<readonly KeyId[]> => {
    const { keys } = await surveyWith((place) => labels.get(place.path) ?? label(place));
    return keys.filter(wanted).map(({ keyId }) => keyId);
  };

  const open = async (id: KeyId): Promise<Signer> => {
    const known = unlocked.get(id);
    if (known !== undefined) return known;
    const place = (await findKeys(files)).keys.get(id);
    if (place === undefined) throw new DctError('KEY_UNKNOWN', { keyId: id });
    const signer = await unlock(await readKeyFile(files, place), passphrases, remembered);
    unlocked.set(id, signer);
    return signer;
  };

  const store = async (key: NewKey): Promise<Signer> => {
    const signer = await key.store(files);
    unlocked.set(signer.keyId, signer);
    return signer;
  };

  const obtain = async (role: string, gun: Gun | undefined): Promise<Signer> => {
    const owner = isCollectionRole(role) ? gun : undefined;
    const first = async (): Promise<KeyId | undefined> =>
      (await idsOf((key) => key.role === role && key.gun === owner))[0];
    let found = await first();
    if (found === undefined) {
      // Its passphrase is asked for before the lock is taken: nobody waits for somebody who types.
      const key = await makeKey(role, gun, passphrases, remembered);
      const made = await exclusively(async () => ((found = await first()) ? undefined : await store(key)));
      if (made !== undefined) return made;
    }
    return await open(found as KeyId);
  };

  return {
    survey,
    list: async () => (await survey()).keys,
    held: async (ids) => {
      const { keys } = await findKeys(files);
      return ids.filter((id) => keys.has(id));
    },
    signer: (id) => inTurn(() => open(id)),
    rootKeys: () => idsOf((key) => key.role === 'root'),
    namedKeys: (name) => idsOf((key) => key.role === name),
    repositoryKeys: (role, gun) => idsOf((key) => key.role === role && key.gun === gun),
    create: (role, gun) => inTurn(async () => store(await makeKey(role, gun, passphrases, remembered))),
    obtain: (role, gun) => inTurn(() => obtain(role, gun)),
    generateNamed: (name, directory) =>
      inTurn(async () => {
        checkKeyName(name);
        const target = openDirectory(directory);
        const path = `${name}.pub`;
        const publicKeyFile = target.locate(path);
        if ((await target.read(path)) !== undefined)
          throw new DctError('KEY_EXISTS', { file: publicKeyFile });
        const key = await makeKey(name, undefined, passphrases, remembered);
        const pem = writePem({
          label: 'PUBLIC KEY',
          headers: new Map([['role', name]]),
          content: key.publicKey,
        });
        // First the half that may be lost: no private key is left behind that nobody was told about.
        await target.create(path, pem);
        try {
          await store(key);
        } catch (error) {
          await target.remove(path);
          throw error;
        }
        return { keyId: key.keyId, publicKeyPem: decodeUtf8(pem) ?? '', publicKeyFile };
      }),
  };
}
