// What is valid in a repository, and still worth a look of its owner: shared keys, prefixes, versions that somebody drove up.
import { canonicalKeyId, declaredDelegations, roleNames } from '../tuf-client/index.ts';
import type { KeyId, TrustedRepository } from '../tuf-client/index.ts';
import { roleEnds } from './expiry.ts';

/** More publications than anybody makes: a timestamp that is signed every second gets there after thirty years. */
const highVersion = 1e9;

/** Sentences for the owner; none for a repository as Docker makes it. */
export function remarksOn(trusted: TrustedRepository): readonly string[] {
  return [...sharedKeys(trusted), ...openPaths(trusted), ...highVersions(trusted)];
}

/**
 * RT-26, TY-05: whoever holds one key of two roles speaks for both, and no file says which role it was signed for.
 * `targets/releases` lists the keys of all signers by design.
 */
function sharedKeys(trusted: TrustedRepository): readonly string[] {
  const { root, targets, delegations } = trusted;
  const known = [
    root.data.keys,
    ...[targets, ...delegations.values()].map(({ data }) => data.delegationKeys),
  ];
  const canonical = (id: KeyId): KeyId => {
    const key = known.map((table) => table.get(id)).find((found) => found !== undefined);
    return (key && canonicalKeyId(key)) ?? id;
  };
  const rolesOf = new Map<KeyId, Set<string>>();
  for (const { name, keyIds } of [...Object.values(root.data.roles), ...declaredDelegations(trusted)]) {
    if (name === roleNames.releases) continue;
    for (const id of keyIds.map(canonical)) rolesOf.set(id, (rolesOf.get(id) ?? new Set()).add(name));
  }
  return [...rolesOf]
    .filter(([, roles]) => roles.size > 1)
    .map(
      ([id, roles]) =>
        `one key, ${id}, signs for ${[...roles].join(' and ')}: give each role a key of its own`,
    );
}

/** DG-04: a path is a prefix, whatever its owner meant by it. */
function openPaths(trusted: TrustedRepository): readonly string[] {
  return declaredDelegations(trusted).flatMap(({ name, paths }) =>
    paths
      .filter((path) => path !== '')
      .map((path) => `${name} may sign every tag that begins with "${path}", "${path}0" too`),
  );
}

/** FF-01, FF-03: whoever may sign a role can use its versions up, after which nobody publishes any more. */
function highVersions(trusted: TrustedRepository): readonly string[] {
  return roleEnds(trusted)
    .filter(({ version }) => version > highVersion)
    .map(
      ({ role, version }) =>
        `${role} has version ${version}, which no honest publishing reaches: rotate its keys to begin anew`,
    );
}
