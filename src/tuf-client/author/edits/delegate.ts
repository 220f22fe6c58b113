// Pure edits of what one targets file declares: delegations with keys, paths and thresholds (dialect 10.4).
import { canonicalKeyId, keyId } from '../../crypto/index.ts';
import type { Delegation, KeyId, PublicKey, RoleName, Targets } from '../../model/index.ts';

export interface Declaration {
  readonly name: RoleName;
  readonly keys: readonly PublicKey[];
  readonly paths: readonly string[];
  /** Left out: 1 for a new delegation, unchanged for one that exists. */
  readonly threshold?: number | undefined;
  /** In place of the keys that it has; they stay in the table while anybody uses them. */
  readonly replace?: boolean | undefined;
}

/** Declares a delegation, or adds keys and paths to the one that exists, behind what it has. */
export function delegate(parent: Targets, declaration: Declaration): Targets {
  const { name, keys, paths, threshold, replace = false } = declaration;
  const ids = keys.map(keyId);
  const before = parent.delegations.find((delegation) => delegation.name === name);
  const after: Delegation = {
    name,
    keyIds: distinct([...((replace ? undefined : before?.keyIds) ?? []), ...ids]),
    paths: distinct([...(before?.paths ?? []), ...paths]),
    threshold: threshold ?? before?.threshold ?? 1,
  };
  const delegations = before
    ? parent.delegations.map((delegation) => (delegation === before ? after : delegation))
    : [...parent.delegations, after];
  const listed = keys.map((key, i) => [ids[i] as KeyId, key] as const);
  return withUsedKeys({
    ...parent,
    delegations,
    delegationKeys: new Map([...parent.delegationKeys, ...listed]),
  });
}

/** The file without that delegation, and without keys that nobody else uses. */
export function undelegate(parent: Targets, name: RoleName): Targets {
  return withUsedKeys({ ...parent, delegations: parent.delegations.filter((role) => role.name !== name) });
}

/** Takes keys, by listed or by canonical id, from one delegation; the delegation stays, even without keys. */
export function withdrawKeys(parent: Targets, name: RoleName, ids: ReadonlySet<KeyId>): Targets {
  return withUsedKeys({
    ...parent,
    delegations: parent.delegations.map((role) =>
      role.name === name ? { ...role, keyIds: role.keyIds.filter((id) => !isListed(parent, id, ids)) } : role,
    ),
  });
}

/** Takes paths from one delegation. */
export function withdrawPaths(parent: Targets, name: RoleName, paths: readonly string[]): Targets {
  const delegations = parent.delegations.map((role) =>
    role.name === name ? { ...role, paths: role.paths.filter((path) => !paths.includes(path)) } : role,
  );
  return { ...parent, delegations };
}

/** Whether a listed key is one of these, by either of its ids. */
export function isListed(parent: Targets, listed: KeyId, ids: ReadonlySet<KeyId>): boolean {
  const key = parent.delegationKeys.get(listed);
  const canonical = key && canonicalKeyId(key);
  return ids.has(listed) || (canonical !== undefined && ids.has(canonical));
}

function withUsedKeys(file: Targets): Targets {
  const used = new Set(file.delegations.flatMap(({ keyIds }) => keyIds));
  return { ...file, delegationKeys: new Map([...file.delegationKeys].filter(([id]) => used.has(id))) };
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
