// How a metadata file is asked for: the current one of a role, or that of a version or a hash (dialect 7.1).
import type { RoleName } from './roles.ts';

export interface MetadataFile {
  readonly role: RoleName;
  /** Only roots are asked for by version. */
  readonly version?: number;
  /** Hexadecimal, lower case: the only hash by which servers find anything. */
  readonly sha256?: string;
}

/** The name below `_trust/tuf/`: `timestamp.json`, `2.root.json`, `targets/releases.<hash>.json`. */
export function fileName({ role, version, sha256 }: MetadataFile): string {
  if (version !== undefined) return `${version}.${role}.json`;
  return sha256 === undefined ? `${role}.json` : `${role}.${sha256}.json`;
}
