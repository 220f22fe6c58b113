// Roles that sign tags, as they are named on the command line: `targets/ci`, or in short `ci`.
import { DctError } from '../base/errors.ts';
import {
  asRoleName,
  declaredDelegations,
  listSignedBy,
  roleNames,
  type RoleName,
  type SignedTarget,
  type TrustedRepository,
} from '../tuf-client/index.ts';

/** @throws USAGE for what can be no such role */
export function roleNamed(text: string): RoleName {
  const isFull = text === roleNames.targets || text.startsWith(`${roleNames.targets}/`);
  const role = asRoleName(isFull ? text : `${roleNames.targets}/${text}`);
  if (role !== undefined) return role;
  throw new DctError('USAGE', {
    problem: `"${text}" is not the name of a role`,
    hint: 'Write it as targets/NAME, or NAME for short, for example ci.',
  });
}

/** Whether the repository has this role, published or not. */
export function isDeclared(trusted: TrustedRepository, role: RoleName): boolean {
  return role === roleNames.targets || declaredDelegations(trusted).some(({ name }) => name === role);
}

/**
 * What a role has signed. A mistyped one is an error, and so is one that cannot be used: neither has signed nothing.
 * @throws USAGE, and whatever keeps the role from being used
 */
export function tagsOfRole(trusted: TrustedRepository, text: string): readonly SignedTarget[] {
  const role = roleNamed(text);
  const unusable = trusted.unusable.get(role);
  if (unusable !== undefined) throw unusable;
  if (isDeclared(trusted, role)) return listSignedBy(trusted, role);
  const known = [roleNames.targets, ...declaredDelegations(trusted).map(({ name }) => name)];
  throw new DctError('USAGE', {
    problem: `${trusted.gun} has no role ${role}`,
    hint: `It has ${known.join(', ')}.`,
  });
}
