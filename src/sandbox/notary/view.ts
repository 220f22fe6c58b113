// What is served of a repository: the truth, or what an attack shows instead of it.
import type { RoleName } from '../../tuf-client/model/index.ts';
import type { Wanted } from './routes.ts';
import { currentFiles, type Generation, type StoredFile } from './state.ts';

/** A file that only an attack serves. */
export interface ForgedFile extends StoredFile {
  readonly bytes: Uint8Array;
}

export interface View {
  /** The generations that are shown, oldest first. */
  readonly generations: readonly Generation[];
  /** Shown in place of the newest files of their roles, and found by hash and version as well. */
  readonly forged: readonly ForgedFile[];
}

/** The newest file of each role. */
export function shownFiles({ generations, forged }: View): ReadonlyMap<RoleName, StoredFile | ForgedFile> {
  return new Map<RoleName, StoredFile | ForgedFile>([
    ...currentFiles(generations),
    ...forged.map((file) => [file.role, file] as const),
  ]);
}

/** The file that a request asks for. */
export function findFile(view: View, { role, hash, version }: Wanted): StoredFile | ForgedFile | undefined {
  if (hash === undefined && version === undefined) return shownFiles(view).get(role);
  const all = [...view.forged, ...view.generations.flatMap(({ files }) => files)];
  return all.find(
    (file) => file.role === role && (hash === undefined ? file.version === version : file.sha256 === hash),
  );
}
