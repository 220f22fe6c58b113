// Role names and what a role is: key ids and a threshold (dialect 1.1).
import { isDelegation, isSignerName } from '../../base/role-name.ts';
import type { KeyId } from './keys.ts';

export { isDelegation };

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
  return isSignerName(name) ? asRoleName(`targets/${name}`) : undefined;
}
