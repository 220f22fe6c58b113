// What can be done with a repository on the server: find a file, publish, offer and make keys, delete.
import type { Clock, Files } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import {
  parseDocument,
  readEnvelope,
  readRoot,
  roleNames,
  type PublicKey,
  type RoleName,
} from '../../tuf-client/model/index.ts';
import { createAttacks, type NotaryAttacks } from './attacks.ts';
import type { Uploads } from './multipart.ts';
import type { ServerRole, Wanted } from './routes.ts';
import { createServerKeys } from './server-keys.ts';
import { currentFiles, highestVersion, type Change } from './state.ts';
import { createStorage } from './storage.ts';
import { renew, validateUpdate, type UpdateContext } from './validate.ts';
import { findFile, type View } from './view.ts';

export interface Repositories {
  /**
   * The file that a client asks for, signed anew if it is a timestamp or snapshot that has expired; undefined when there is
   * none. @throws Refusal UNKNOWN when it cannot be signed anew
   */
  find(
    gun: Gun,
    wanted: Wanted,
  ): Promise<{ readonly bytes: Uint8Array; readonly storedAt: number } | undefined>;
  /** All of it or nothing. @throws Refusal INVALID_UPDATE, VERSION */
  publish(gun: Gun, uploads: Uploads): Promise<void>;
  offeredKey(gun: Gun, role: ServerRole): Promise<PublicKey>;
  newKey(gun: Gun, role: ServerRole): Promise<PublicKey>;
  remove(gun: Gun): Promise<void>;
  changes(gun: Gun | undefined): Promise<readonly Change[]>;
  readonly attacks: NotaryAttacks;
}

export interface RepositoriesOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly timestampLifetimeMs: number;
}

export function createRepositories({ files, clock, timestampLifetimeMs }: RepositoriesOptions): Repositories {
  const storage = createStorage(files);
  const keys = createServerKeys(files);
  const { attacks, overlay } = createAttacks({
    generations: async (gun) => (await storage.state(gun)).generations,
    swapContext: (gun) => {
      const content = (sha256: string): Promise<Uint8Array | undefined> => storage.content(gun, sha256);
      return { gun, content, keys, now: clock.now(), timestampLifetimeMs };
    },
    overtake: (gun, files) =>
      storage.exclusively(gun, async () => {
        const found = await context(gun);
        const highest = (role: RoleName): number =>
          Math.max(
            found.highestVersion(role),
            ...files.filter((file) => file.role === role).map(({ version }) => version),
          );
        const documents = await validateUpdate({ ...found, highestVersion: highest }, new Map());
        await storage.append(gun, 'renewal', documents, found.now);
      }),
  });

  const truth = async (gun: Gun): Promise<View> => {
    const { generations } = await storage.state(gun);
    return { generations, forged: [] };
  };

  const context = async (gun: Gun): Promise<UpdateContext> => {
    const { generations } = await storage.state(gun);
    const current = currentFiles(generations);
    const stored = async (role: RoleName): Promise<Uint8Array | undefined> => {
      const file = current.get(role);
      return file && (await storage.content(gun, file.sha256));
    };
    const highest = (role: RoleName): number => highestVersion(generations, role);
    return { gun, stored, highestVersion: highest, keys, now: clock.now(), timestampLifetimeMs };
  };

  const renewed = (gun: Gun): Promise<void> =>
    storage.exclusively(gun, async () => {
      const found = await context(gun);
      const documents = await renew(found);
      if (documents.length > 0) await storage.append(gun, 'renewal', documents, found.now);
    });

  return {
    attacks,
    changes: (gun) => storage.changes(gun),

    find: async (gun, wanted) => {
      const attacked = overlay(gun);
      const isSignedHere = wanted.role === roleNames.timestamp || wanted.role === roleNames.snapshot;
      const isCurrent = wanted.hash === undefined && wanted.version === undefined;
      // A server that hides the truth does not sign it anew either.
      if (attacked === undefined && isSignedHere && isCurrent) await renewed(gun);
      const file = findFile(attacked ?? (await truth(gun)), wanted);
      if (file === undefined) return undefined;
      const bytes = 'bytes' in file ? file.bytes : await storage.content(gun, file.sha256);
      return bytes && { bytes, storedAt: file.storedAt };
    },

    publish: (gun, uploads) =>
      storage.exclusively(gun, async () => {
        const found = await context(gun);
        await storage.append(gun, 'publication', await validateUpdate(found, uploads), found.now);
      }),

    offeredKey: (gun, role) =>
      storage.exclusively(gun, async () => {
        const bytes = await (await context(gun)).stored(roleNames.root);
        const root =
          bytes && parseDocument('stored root', bytes, (document) => readRoot(readEnvelope(document)));
        return keys.offered(gun, role, root);
      }),

    newKey: (gun, role) => storage.exclusively(gun, () => keys.create(gun, role)),

    remove: async (gun) => {
      await storage.exclusively(gun, () => storage.erase(gun, clock.now()));
      await attacks.restore(gun);
    },
  };
}
