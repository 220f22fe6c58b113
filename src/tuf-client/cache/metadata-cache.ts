// The metadata cache in Docker's layout, which `docker trust` and `notary` read and write too (dialect 6).
import type { Files } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { asRoleName, type RoleName } from '../model/index.ts';

export interface MetadataCache {
  /** The exact bytes as the server sent them; undefined when there are none. Nothing in here is believed unverified. */
  read(gun: Gun, role: RoleName): Promise<Uint8Array | undefined>;
  write(gun: Gun, role: RoleName, bytes: Uint8Array): Promise<void>;
  remove(gun: Gun, role: RoleName): Promise<void>;
  /** Roles that there is something for, sorted. */
  roles(gun: Gun): Promise<readonly RoleName[]>;
}

/** `files` is rooted at the trust directory, `$DOCKER_CONFIG/trust`. */
export function createMetadataCache(files: Files): MetadataCache {
  const path = (gun: Gun, role: RoleName): string => `tuf/${gun}/metadata/${role}.json`;
  return {
    read: (gun, role) => files.read(path(gun, role)),
    write: (gun, role, bytes) => files.write(path(gun, role), bytes),
    remove: (gun, role) => files.remove(path(gun, role)),
    roles: async (gun) => (await files.list(`tuf/${gun}/metadata`)).flatMap(roleOfFile),
  };
}

/** Below one repository's `metadata` there may be another's, `GUN/metadata/targets/metadata/root.json` for example. */
function roleOfFile(file: string): readonly RoleName[] {
  const role = file.endsWith('.json') ? asRoleName(file.slice(0, -'.json'.length)) : undefined;
  return role === undefined || role.includes('/metadata/') ? [] : [role];
}
