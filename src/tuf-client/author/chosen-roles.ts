// Roles that were named for a tag, nested ones too: it is signed there and nowhere else.
import { DctError } from '../../base/errors.ts';
import { canonicalKeyId } from '../crypto/index.ts';
import { parentOf, type RoleName } from '../model/index.ts';
import { pathsAllow } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { authorityIn, contentOf, effectivePaths, unknownRole, type Content } from './content.ts';
import { heldKeys } from './document.ts';
import { isOthersFile, type SignableRole } from './signable-roles.ts';
import type { SigningKeys, TargetToSign } from './types.ts';

/**
 * All of these roles for all of the tags: nothing is left out because a key or a path is missing.
 * @throws USAGE for a role that nobody declares, KEY_MISSING, TAG_NOT_ALLOWED, or the reason why a role cannot be continued
 */
export async function chosenRoles(
  repository: TrustedRepository,
  wanted: readonly TargetToSign[],
  keys: SigningKeys,
  names: readonly RoleName[],
): Promise<readonly SignableRole[]> {
  const content = contentOf(repository);
  const roles: SignableRole[] = [];
  for (const name of new Set(names)) roles.push(await chosen(repository, content, wanted, keys, name));
  return roles;
}

async function chosen(
  repository: TrustedRepository,
  content: Content,
  wanted: readonly TargetToSign[],
  keys: SigningKeys,
  name: RoleName,
): Promise<SignableRole> {
  const { gun, unusable, delegations } = repository;
  const authority = authorityIn(content, name);
  if (authority === undefined) throw unusable.get(parentOf(name)) ?? unknownRole(gun, content, name);
  const problem = unusable.get(name);
  if (problem !== undefined && !isOthersFile(problem)) throw problem;
  const paths = effectivePaths(content, name);
  const outside = wanted.find(({ name: tag }) => !pathsAllow(paths, tag));
  if (outside !== undefined) throw new DctError('TAG_NOT_ALLOWED', { gun, tag: outside.name, roles: name });
  if ((await heldKeys(keys, authority)).size === 0) {
    const ids = [...authority.keys.values()].map((key) => canonicalKeyId(key) ?? 'unusable');
    throw new DctError('KEY_MISSING', { gun, role: name, keyIds: ids.join(', ') || 'none' });
  }
  return { name, authority, wanted, current: delegations.get(name)?.data };
}
