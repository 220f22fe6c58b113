// Signers as Docker knows them: a role of their own, and their keys in the releases (dialect 1.3, 12.7).
import { DctError } from '../../../base/errors.ts';
import { canonicalKeyId, keyId } from '../../crypto/index.ts';
import { roleNames, type KeyId, type PublicKey, type RoleName, type Targets } from '../../model/index.ts';
import { canSign, type Bench } from '../bench.ts';
import {
  authorityIn,
  contentOf,
  declarationOf,
  resigning,
  signerDelegations,
  withFile,
  withoutFiles,
  type Content,
} from '../content.ts';
import { isSignedBy } from '../document.ts';
import { delegate, isListed, undelegate, withdrawKeys } from '../edits/delegate.ts';
import { emptyFile, isSameEntry, withoutTags } from '../edits/tags.ts';
import { roleOfSigner, withSigner } from '../initialise.ts';
import { expiryOf } from '../lifetimes.ts';
import { refuseRoot, type RootChoice } from '../root-choice.ts';
import type { Desk, Proposal } from './proposal.ts';

export interface NewSigner {
  readonly name: string;
  readonly keys: readonly PublicKey[];
  /** In place of the keys that the signer has, in one publication. */
  readonly replace?: boolean | undefined;
  /** For a repository that this begins. */
  readonly root?: RootChoice | undefined;
}

/**
 * Declares a signer, or gives one more or other keys. Their own role is signed when they sign for the first time.
 * @throws SIGNER_KEY_TAKEN
 */
export async function addSigner(desk: Desk, { name, keys, replace, root }: NewSigner): Promise<Proposal> {
  refuseRoot(desk.gun, root);
  const role = roleOfSigner(name);
  const before = contentOf(desk.repository);
  const top = before.targets.get(roleNames.targets) as Targets;
  refuseSharedKeys(desk.gun, top, name, keys);
  const leaving = replace === true ? keysOfOnly(top, role) : new Set<KeyId>();
  const without = withdrawKeys(withdrawKeys(top, role, leaving), roleNames.releases, leaving);
  return readableReleases(desk, withFile(before, roleNames.targets, withSigner(without, { role, keys })));
}

/** A key of two signers makes two names of one person (F-083). */
function refuseSharedKeys(gun: string, top: Targets, signer: string, keys: readonly PublicKey[]): void {
  for (const key of keys) {
    const id = canonicalKeyId(key) ?? keyId(key);
    const other = signerDelegations(top).find(
      ({ name, keyIds }) =>
        name !== roleOfSigner(signer) && keyIds.some((listed) => isListed(top, listed, new Set([id]))),
    );
    if (other !== undefined)
      throw new DctError('SIGNER_KEY_TAKEN', { gun, keyId: id, signer, other: other.name });
  }
}

/** Keys that this signer has, and no other. */
function keysOfOnly(top: Targets, role: RoleName): ReadonlySet<KeyId> {
  const others = new Set(signerDelegations(top).flatMap(({ name, keyIds }) => (name === role ? [] : keyIds)));
  const own = top.delegations.find(({ name }) => name === role)?.keyIds ?? [];
  return new Set(own.filter((id) => !others.has(id)));
}

export interface SignerRemoval {
  readonly name: string;
  /** Let the keys that stay vouch for everything that was released; else what only this signer vouched for is dropped. */
  readonly resign: boolean;
}

/** Removes the role, and the signer's keys from the releases unless another signer has them too. */
export async function removeSigner(desk: Desk, { name, resign }: SignerRemoval): Promise<Proposal> {
  const role = roleOfSigner(name);
  const before = contentOf(desk.repository);
  const top = before.targets.get(roleNames.targets) as Targets;
  if (declarationOf(before, role) === undefined) throw noSuchSigner(desk.gun, name, top);
  const others = signerDelegations(top).filter((other) => other.name !== role);
  const reduced = undelegate(withdrawKeys(top, roleNames.releases, keysOfOnly(top, role)), role);
  const after = withoutFiles(withFile(before, roleNames.targets, reduced), role);
  if (others.length === 0) return withoutReleases(before, after, resign);
  const file = desk.repository.delegations.get(roleNames.releases);
  const authority = authorityIn(after, roleNames.releases);
  const isOrphaned = file !== undefined && authority !== undefined && !isSignedBy(file.bytes, authority);
  if (!isOrphaned) return { content: after };
  return readableReleases(
    desk,
    resign
      ? after
      : onlyVouchedFor(
          after,
          others.map((other) => other.name),
        ),
  );
}

function noSuchSigner(gun: string, name: string, top: Targets): DctError {
  const names = signerDelegations(top).map((role) => role.name.slice('targets/'.length));
  return new DctError('USAGE', {
    problem: `${gun} has no signer "${name}"`,
    hint: names.length > 0 ? `Its signers are: ${names.join(', ')}.` : 'It has no signers.',
  });
}

/** The last signer is gone: from now on the owner of the repository signs, into `targets`. */
function withoutReleases(before: Content, after: Content, resign: boolean): Proposal {
  const top = after.targets.get(roleNames.targets) as Targets;
  const released = before.targets.get(roleNames.releases)?.targets ?? new Map<string, never>();
  const targets = resign ? new Map([...top.targets, ...released]) : top.targets;
  const alone = undelegate({ ...top, targets }, roleNames.releases);
  return { content: withoutFiles(withFile(after, roleNames.targets, alone), roleNames.releases) };
}

/** Keeps those releases that one of these roles has signed too, with the same content. */
function onlyVouchedFor(content: Content, roles: readonly RoleName[]): Content {
  const releases = content.targets.get(roleNames.releases);
  if (releases === undefined) return content;
  const orphans = [...releases.targets].filter(
    ([tag, entry]) => !roles.some((role) => isSameEntry(content.targets.get(role)?.targets.get(tag), entry)),
  );
  return withFile(content, roleNames.releases, withoutTags(releases, new Set(orphans.map(([tag]) => tag))));
}

/**
 * Releases that no key of theirs has signed would lock every reader out (ADR 0006). They are signed in the same publication;
 * without a signer's key here the owner's own key is declared for that, which stands above the releases anyway.
 */
async function readableReleases(desk: Bench, content: Content): Promise<Proposal> {
  const { repository } = desk;
  const role = roleNames.releases;
  const file = repository.delegations.get(role);
  const authority = authorityIn(content, role);
  const isLeft = file === undefined && repository.snapshot.data.meta.has(role);
  if (authority === undefined || (file === undefined && !isLeft)) return { content };
  if (file !== undefined && isSignedBy(file.bytes, authority)) return { content };
  const begun = isLeft ? withFile(content, role, emptyFile(expiryOf('targets', desk.now))) : content;
  return withSignableReleases(desk, resigning(begun, role));
}

/** Declares the owner's key for the releases where no signer's key is here (ADR 0016). */
export async function withSignableReleases(desk: Bench, content: Content): Promise<Proposal> {
  const role = roleNames.releases;
  if (await canSign(desk, authorityIn(content, role))) return { content };
  const { roles, keys: table } = content.root;
  const owners = roles.targets.keyIds.map((id) => table.get(id) as PublicKey);
  const top = content.targets.get(roleNames.targets) as Targets;
  const declared = delegate(top, { name: role, keys: owners, paths: [] });
  const remarks = [`no signer's key is here, so the repository's own key signs ${role} until a signer does`];
  return { content: withFile(content, roleNames.targets, declared), remarks };
}
