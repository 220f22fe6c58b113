// Repositories on the `Files` port: contents under their hashes first, one state file last, so that a crash in between changes nothing.
import { DctError } from '../../base/errors.ts';
import { JsonProblem } from '../../base/json.ts';
import type { Files } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { utf8 } from '../../base/bytes.ts';
import { roleNames } from '../../tuf-client/model/index.ts';
import { sha256Hex } from '../../tuf-client/trust/index.ts';
import type { Document } from './document.ts';
import { readState, stateToBytes, type Change, type Generation, type RepositoryState } from './state.ts';

export interface NotaryStorage {
  /** An empty state when there is no such repository. */
  state(gun: Gun): Promise<RepositoryState>;
  /** The content of a stored file; undefined when the repository was deleted meanwhile. */
  content(gun: Gun, sha256: string): Promise<Uint8Array | undefined>;
  /** The changefeed of one repository or of all, oldest first. */
  changes(gun: Gun | undefined): Promise<readonly Change[]>;
  /** Runs actions on one repository one after another: whoever writes decides on what the one before left. */
  exclusively<T>(gun: Gun, action: () => Promise<T>): Promise<T>;
  /** Stores documents as the newest generation; one with a timestamp is told in the changefeed. Only within `exclusively`. */
  append(gun: Gun, cause: Generation['cause'], documents: readonly Document[], now: number): Promise<void>;
  /** Forgets all files of a repository; numbering begins anew. Only within `exclusively`. */
  erase(gun: Gun, now: number): Promise<void>;
}

/** A repository's directory. The hash of a name is short and harmless on every file system, whatever the name. */
export function directoryOf(gun: Gun): string {
  return `repositories/${sha256Hex(utf8(gun))}`;
}

const stateName = 'state.json';

/** All methods throw what `files` throws; the first call of any also SANDBOX_STATE. */
export function createStorage(files: Files): NotaryStorage {
  const turns = new Map<Gun, Promise<unknown>>();
  let loaded: Promise<Map<Gun, RepositoryState>> | undefined;
  let lastId: number | undefined;

  const states = (): Promise<Map<Gun, RepositoryState>> => (loaded ??= loadStates(files));
  const state = async (gun: Gun): Promise<RepositoryState> =>
    (await states()).get(gun) ?? { gun, generations: [], changes: [] };

  const save = async (next: RepositoryState): Promise<void> => {
    await files.write(`${directoryOf(next.gun)}/${stateName}`, stateToBytes(next));
    (await states()).set(next.gun, next);
  };

  const nextId = async (): Promise<number> => {
    const known = await states();
    lastId ??= Math.max(0, ...[...known.values()].flatMap(({ changes }) => changes).map(({ id }) => id));
    return ++lastId;
  };

  return {
    state,

    content: (gun, sha256) => files.read(contentPath(gun, sha256)),

    changes: async (gun) => {
      if (gun !== undefined) return (await state(gun)).changes;
      const all = [...(await states()).values()].flatMap(({ changes }) => changes);
      return all.sort((a, b) => a.id - b.id);
    },

    exclusively: (gun, action) => {
      const turn = (turns.get(gun) ?? Promise.resolve()).then(action);
      // The next one comes whether or not this one fails; who waits for this one hears of its failure.
      const settled = turn.then(
        () => undefined,
        () => undefined,
      );
      turns.set(gun, settled);
      void settled.then(() => turns.get(gun) === settled && turns.delete(gun));
      return turn;
    },

    append: async (gun, cause, documents, now) => {
      const before = await state(gun);
      const stored = documents.map(({ role, version, bytes }) => {
        return { role, version, sha256: sha256Hex(bytes), storedAt: now };
      });
      for (const { bytes } of documents) await files.write(contentPath(gun, sha256Hex(bytes)), bytes);
      const timestamp = stored.find(({ role }) => role === roleNames.timestamp);
      const told: Change[] =
        timestamp === undefined
          ? []
          : [
              {
                id: await nextId(),
                at: now,
                gun,
                category: 'update',
                version: timestamp.version,
                sha256: timestamp.sha256,
              },
            ];
      await save({
        gun,
        generations: [...before.generations, { cause, files: stored }],
        changes: [...before.changes, ...told],
      });
    },

    erase: async (gun, now) => {
      const before = await state(gun);
      if (before.generations.length === 0) return;
      const deletion: Change = {
        ...{ id: await nextId(), at: now, gun },
        ...{ category: 'deletion', version: 0, sha256: '' },
      };
      await save({ gun, generations: [], changes: [...before.changes, deletion] });
      const hashes = before.generations.flatMap((generation) => generation.files).map(({ sha256 }) => sha256);
      for (const sha256 of new Set(hashes)) await files.remove(contentPath(gun, sha256));
    },
  };
}

function contentPath(gun: Gun, sha256: string): string {
  return `${directoryOf(gun)}/metadata/${sha256}.json`;
}

async function loadStates(files: Files): Promise<Map<Gun, RepositoryState>> {
  const states = new Map<Gun, RepositoryState>();
  for (const name of await files.list('repositories')) {
    if (!name.endsWith(`/${stateName}`)) continue;
    const path = `repositories/${name}`;
    const bytes = await files.read(path);
    if (bytes === undefined) continue;
    try {
      const state = readState(bytes);
      states.set(state.gun, state);
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      const problem = `${error.path}: ${error.message}`;
      throw new DctError('SANDBOX_STATE', { file: files.locate(path), problem }, error);
    }
  }
  return states;
}
