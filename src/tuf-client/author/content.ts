// What a repository says, apart from signatures: the value that edits take and give back.
import { DctError } from '../../base/errors.ts';
import {
  parentOf,
  roleNames,
  type Delegation,
  type RoleName,
  type Root,
  type Targets,
} from '../model/index.ts';
import { authorityOf, pathsAllow, type Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';

export interface Content {
  readonly root: Root;
  /** `targets` and every delegation with a file that can be continued, by role name. */
  readonly targets: ReadonlyMap<RoleName, Targets>;
  /** Roles that get a new version even when they say the same as before. */
  readonly resigned: ReadonlySet<RoleName>;
}

/** Pure: the same content, differently. Applied again, to fresh content, when somebody else published first (PB-07). */
export type Edit = (content: Content) => Content;

export function contentOf({ root, targets, delegations }: TrustedRepository): Content {
  const files = [...delegations].map(([role, { data }]) => [role, data] as const);
  return {
    root: root.data,
    targets: new Map([[roleNames.targets, targets.data], ...files]),
    resigned: new Set(),
  };
}

/** The content with another file of one role. */
export function withFile(content: Content, role: RoleName, file: Targets): Content {
  return { ...content, targets: new Map([...content.targets, [role, file]]) };
}

/** The content without the files of a role and of everything below it. */
export function withoutFiles(content: Content, role: RoleName): Content {
  const rest = [...content.targets].filter(([name]) => name !== role && !name.startsWith(`${role}/`));
  return { ...content, targets: new Map(rest) };
}

export function resigning(content: Content, ...roles: readonly RoleName[]): Content {
  return { ...content, resigned: new Set([...content.resigned, ...roles]) };
}

/** The file that declares a delegation, when there is one. */
export function parentFile(content: Content, role: RoleName): Targets | undefined {
  return content.targets.get(parentOf(role));
}

export function declarationOf(content: Content, role: RoleName): Delegation | undefined {
  return parentFile(content, role)?.delegations.find(({ name }) => name === role);
}

/** Every delegation that is declared, parents before children. */
export function declarations(content: Content): readonly Delegation[] {
  const below = (role: RoleName): readonly Delegation[] =>
    (content.targets.get(role)?.delegations ?? []).flatMap((child) => [child, ...below(child.name)]);
  return below(roleNames.targets);
}

/** Who may sign a role, by this content; undefined for a delegation that nobody declares. */
export function authorityIn(content: Content, role: RoleName): Authority | undefined {
  const { roles, keys } = content.root;
  if (role === roleNames.root || role === roleNames.targets || role === roleNames.snapshot)
    return authorityOf(roles[role as 'root' | 'targets' | 'snapshot'], keys);
  const declaration = declarationOf(content, role);
  const parent = parentFile(content, role);
  return declaration && parent && authorityOf(declaration, parent.delegationKeys);
}

/** Signers' roles, as Docker knows them: directly below `targets`, the releases aside. */
export function signerDelegations({ delegations }: Targets): readonly Delegation[] {
  return delegations.filter(({ name }) => name !== roleNames.releases);
}

/** What a role may sign in the end: its own paths, as far as its parent may sign them too (dialect 10.1). */
export function effectivePaths(content: Content, role: RoleName): readonly string[] {
  if (role === roleNames.targets) return [''];
  const above = effectivePaths(content, parentOf(role));
  return (declarationOf(content, role)?.paths ?? []).filter((path) => pathsAllow(above, path));
}

/** The error for a role that nobody declares. */
export function unknownRole(gun: string, content: Content, role: RoleName): DctError {
  const names = declarations(content).map(({ name }) => name);
  return new DctError('USAGE', {
    problem: `${gun} has no delegation "${role}"`,
    hint: names.length > 0 ? `Its delegations are: ${names.join(', ')}.` : 'It has no delegations.',
  });
}
