// Role names and what a role is: key ids and a threshold (dialect 1.1).
import type { KeyId } from './keys.ts';
import { limits } from '../../base/limits.ts';

declare const roleBrand: unique symbol;
/** `root`, `targets`, `snapshot`, `timestamp`, or a delegation `targets/...`: validated, so safe in a URL and in a path. */
export type RoleName = string & { readonly [roleBrand]: true };

export interface Role {
  readonly name: RoleName;
  readonly keyIds: readonly KeyId[];
  readonly threshold: number;
}

export const baseRoles = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type BaseRole = (typeof baseRoles)[number];

const role = (name: string): RoleName => name as RoleName;

/** The roles that exist everywhere by name. */
export const roleNames = {
  root: role('root'),
  targets: role('targets'),
  snapshot: role('snapshot'),
  timestamp: role('timestamp'),
  /** The union of all signers' releases, which Docker reads first. */
  releases: role('targets/releases'),
} as const;

/** True for a legal delegation name (NM-01); the pattern also rules out every form of path traversal. */
export function isDelegation(name: string): boolean {
  return (
    name.length < 256 &&
    /^targets(?:\/[-a-z0-9_]+)+$/.test(name) &&
    name.split('/').length - 1 <= limits.delegationDepth
  );
}

/** The role name, or undefined when the text is not one. */
export function asRoleName(name: string): RoleName | undefined {
  return (baseRoles as readonly string[]).includes(name) || isDelegation(name) ? role(name) : undefined;
}

/** The role that may declare this delegation. */
export function parentOf(delegation: RoleName): RoleName {
  return role(delegation.slice(0, delegation.lastIndexOf('/')));
}

/** Docker's signer `NAME` is the delegation `targets/NAME` (dialect 1.3); undefined when the name is not a legal one. */
export function signerRole(name: string): RoleName | undefined {
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) && name !== 'releases'
    ? asRoleName(`targets/${name}`)
    : undefined;
}
