// Which roles a tag is signed into, given the keys at hand (dialect 12.3 step 5).
import { DctError, isDctError } from '../../base/errors.ts';
import { canonicalKeyId } from '../crypto/index.ts';
import { roleNames, signerRole, type Delegation, type RoleName, type Targets } from '../model/index.ts';
import { authorityOf, pathsAllow, type Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { heldKeys } from './document.ts';
import type { SigningKeys, TargetToSign } from './types.ts';

/** A role to sign, who may, which tags it takes, and what it says now; undefined when it was never published. */
export interface SignableRole {
  readonly name: RoleName;
  readonly authority: Authority;
  readonly wanted: readonly TargetToSign[];
  readonly current: Targets | undefined;
}

/**
 * Without delegations `targets`; with them, for each tag, every one directly below `targets` that allows it and for which a key
 * is at hand, and never `targets` itself. With a signer's name only that signer's role and the releases that its key may sign.
 * @throws KEY_MISSING; TAG_NOT_ALLOWED for a tag that none of these roles may sign; USAGE for a signer that the repository does not have; the reason why a role cannot be continued
 */
export async function signableRoles(
  repository: TrustedRepository,
  wanted: readonly TargetToSign[],
  keys: SigningKeys,
  signer: string | undefined,
): Promise<readonly SignableRole[]> {
  const top = repository.targets.data;
  if (signer !== undefined) checkSigner(repository, signer);
  if (top.delegations.length === 0) {
    const { roles, keys: table } = repository.root.data;
    return [{ name: roleNames.targets, authority: authorityOf(roles.targets, table), wanted, current: top }];
  }
  const signable: SignableRole[] = [];
  const withKey: RoleName[] = [];
  for (const delegation of top.delegations) {
    const authority = authorityFor(repository, delegation, signer);
    if ((await heldKeys(keys, authority)).size === 0) continue;
    withKey.push(delegation.name);
    const allowed = wanted.filter(({ name }) => pathsAllow(delegation.paths, name));
    if (allowed.length === 0) continue;
    const problem = repository.unusable.get(delegation.name);
    if (problem !== undefined && !isOthersFile(problem)) throw problem;
    signable.push({
      name: delegation.name,
      authority,
      wanted: allowed,
      current: repository.delegations.get(delegation.name)?.data,
    });
  }
  if (withKey.length > 0) {
    checkPlaces(repository, wanted, signable, withKey);
    return signable;
  }
  throw await noSignersKey(repository, keys, signer);
}

/** Whoever cannot sign is told who can, with which keys, and how to become one of them (P-15). */
async function noSignersKey(
  { gun, root, targets }: TrustedRepository,
  keys: SigningKeys,
  signer: string | undefined,
): Promise<DctError> {
  const asked = signer === undefined ? undefined : signerRole(signer);
  const roles = targets.data.delegations.filter(({ name }) => name === (asked ?? name));
  const signers = roles.filter(({ name }) => name !== roleNames.releases);
  const listed = roles.flatMap((role) => [...authorityOf(role, targets.data.delegationKeys).keys.values()]);
  const keyIds = new Set(listed.map((key) => canonicalKeyId(key) ?? 'unusable'));
  const owners = await heldKeys(keys, authorityOf(root.data.roles.targets, root.data.keys));
  return new DctError('KEY_MISSING', {
    gun,
    role: signers.map(({ name }) => name).join(' or ') || roleNames.releases,
    keyIds: [...keyIds].join(', ') || 'none',
    becomeSigner: owners.size > 0 ? 'here' : 'by the owner',
  });
}

/**
 * A file without a single valid signature is one that the role's earlier keys left behind, such as that of a signer who was
 * removed and came back: the role begins anew, without any of its content (dialect 10.4).
 */
export function isOthersFile(problem: Error): boolean {
  return isDctError(problem, 'THRESHOLD') && problem.facts['valid'] === 0;
}

function checkPlaces(
  { gun }: TrustedRepository,
  wanted: readonly TargetToSign[],
  signable: readonly SignableRole[],
  withKey: readonly RoleName[],
): void {
  const homeless = wanted.find((target) => !signable.some((role) => role.wanted.includes(target)));
  if (homeless === undefined) return;
  throw new DctError('TAG_NOT_ALLOWED', { gun, tag: homeless.name, roles: withKey.join(', ') });
}

function checkSigner({ gun, targets }: TrustedRepository, signer: string): void {
  const role = signerRole(signer);
  if (role !== undefined && targets.data.delegations.some(({ name }) => name === role)) return;
  const names = targets.data.delegations
    .map(({ name }) => name)
    .filter((name) => name !== roleNames.releases);
  throw new DctError('USAGE', {
    problem: `${gun} has no signer "${signer}"`,
    hint:
      names.length > 0
        ? `Its signers are: ${names.join(', ')}.`
        : 'It has no signers; sign without --signer.',
  });
}

/** All keys of the role, or those that the named signer's own role lists too. The threshold stays. */
function authorityFor(
  repository: TrustedRepository,
  delegation: Delegation,
  signer: string | undefined,
): Authority {
  const { delegations, delegationKeys } = repository.targets.data;
  const authority = authorityOf(delegation, delegationKeys);
  if (signer === undefined) return authority;
  const own = delegations.find(({ name }) => name === signerRole(signer));
  const relevant = delegation.name === own?.name || delegation.name === roleNames.releases;
  const picked = [...authority.keys].filter(([id]) => relevant && own?.keyIds.includes(id));
  return { ...authority, keys: new Map(picked) };
}
