// Delegations of any depth: declared, narrowed, removed, and keys taken from all of them (dialect 10.4).
import { DctError } from '../../../base/errors.ts';
import { canonicalKeyId } from '../../crypto/index.ts';
import { parentOf, type PublicKey, type RoleName, type Targets } from '../../model/index.ts';
import { pathsAllow } from '../../trust/index.ts';
import {
  contentOf,
  declarationOf,
  declarations,
  effectivePaths,
  unknownRole,
  withFile,
  withoutFiles,
  type Content,
} from '../content.ts';
import { delegate, isListed, undelegate, withdrawKeys, withdrawPaths } from '../edits/delegate.ts';
import { keyNamed, keysListed } from '../edits/key-named.ts';
import { emptyFile } from '../edits/tags.ts';
import { expiryOf } from '../lifetimes.ts';
import type { Desk, Proposal } from './proposal.ts';

export interface NewDelegation {
  readonly role: RoleName;
  readonly keys: readonly PublicKey[];
  readonly paths: readonly string[];
  /** Left out: 1 for a new delegation, unchanged for one that exists. */
  readonly threshold?: number | undefined;
  /** In place of the keys that it has, so that keys are exchanged in one publication. */
  readonly replace?: boolean | undefined;
}

/**
 * Declares a delegation, or extends the one that exists.
 * @throws USAGE for a parent that nobody declares, paths beyond the parent's, and a threshold beyond the keys
 */
export function addDelegation({ gun, repository, now }: Desk, wanted: NewDelegation): Proposal {
  const { role, paths } = wanted;
  const before = contentOf(repository);
  const parent = parentToEdit(gun, before, role, now);
  const outside = paths.find((path) => !pathsAllow(effectivePaths(before, parentOf(role)), path));
  if (outside !== undefined)
    throw new DctError('USAGE', {
      problem: `${parentOf(role)} may not sign "${outside}" itself`,
      hint: 'A delegation can only pass on paths that it has.',
    });
  const content = withFile(before, parentOf(role), delegate(parent, { ...wanted, name: role }));
  checkThreshold(content, role);
  return { content };
}

export interface DelegationRemoval {
  readonly role: RoleName;
  /** Empty, with `paths` empty: the whole delegation. Beginnings of listed or canonical ids, each of one key. */
  readonly keys: readonly string[];
  readonly paths: readonly string[];
}

/** @throws USAGE for a delegation, a key or a path that is not there (notary reports success, P-33); KEY_AMBIGUOUS */
export function removeDelegation({ gun, repository }: Desk, removal: DelegationRemoval): Proposal {
  const { role, keys, paths } = removal;
  const before = contentOf(repository);
  const parent = before.targets.get(parentOf(role));
  const declared = declarationOf(before, role);
  if (parent === undefined || declared === undefined) throw unknownRole(gun, before, role);
  if (keys.length === 0 && paths.length === 0) {
    const content = withFile(before, parentOf(role), undelegate(parent, role));
    return { content: withoutFiles(content, role) };
  }
  const known = keysListed(parent, declared.keyIds);
  const strange =
    keys.find((text) => keyNamed(text, known) === undefined) ??
    paths.find((path) => !declared.paths.includes(path));
  if (strange !== undefined)
    throw new DctError('USAGE', { problem: `${role} of ${gun} does not have "${strange}"` });
  const ids = new Set(keys.flatMap((text) => keyNamed(text, known) ?? []));
  const narrowed = withdrawPaths(withdrawKeys(parent, role, ids), role, paths);
  const content = withFile(before, parentOf(role), narrowed);
  checkThreshold(content, role);
  return { content };
}

/**
 * Takes keys from every delegation that lists them. A delegation that is left without keys goes.
 * @throws USAGE when no delegation lists any of them, or when too few keys would be left for a threshold; KEY_AMBIGUOUS
 */
export function purgeKeys({ gun, repository }: Desk, keys: readonly string[]): Proposal {
  const before = contentOf(repository);
  const known = declarations(before).flatMap(({ name, keyIds }) =>
    keysListed(before.targets.get(parentOf(name)) as Targets, keyIds),
  );
  const ids = new Set(keys.flatMap((text) => keyNamed(text, known) ?? []));
  let content = before;
  for (const { name, keyIds } of declarations(before)) {
    const parent = content.targets.get(parentOf(name));
    // Gone already, together with what declared it.
    if (parent === undefined) continue;
    const left = keyIds.filter((id) => !isListed(parent, id, ids));
    if (left.length === keyIds.length) continue;
    const file = left.length > 0 ? withdrawKeys(parent, name, ids) : undelegate(parent, name);
    content = withFile(content, parentOf(name), file);
    if (left.length === 0) content = withoutFiles(content, name);
    else checkThreshold(content, name);
  }
  if (content === before)
    throw new DctError('USAGE', { problem: `no delegation of ${gun} lists ${keys.join(', ')}` });
  return { content };
}

/** The file that declares the role, or a first one for a parent that was declared and never published. */
function parentToEdit(gun: string, content: Content, role: RoleName, now: number): Targets {
  const name = parentOf(role);
  const file = content.targets.get(name);
  if (file !== undefined) return file;
  if (declarationOf(content, name) === undefined) throw unknownRole(gun, content, name);
  return emptyFile(expiryOf('targets', now));
}

function checkThreshold(content: Content, role: RoleName): void {
  const declared = declarationOf(content, role);
  const table = content.targets.get(parentOf(role))?.delegationKeys;
  const distinct = new Set(declared?.keyIds.map((id) => canonicalKeyId(table?.get(id) as PublicKey) ?? id));
  if (declared === undefined || declared.threshold <= distinct.size) return;
  throw new DctError('USAGE', {
    problem: `${role} would need ${declared.threshold} signatures and have ${distinct.size} keys`,
    hint: 'Add keys, or lower the threshold with --threshold.',
  });
}
