// From what a repository shall say to the signed files that make it say so.
import { equalBytes } from '../../base/bytes.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import type { Instant } from '../../base/instant.ts';
import type { JsonObject } from '../../base/json.ts';
import {
  roleNames,
  rootToJson,
  signedMessage,
  targetsToJson,
  type Common,
  type RoleName,
} from '../model/index.ts';
import type { Authority } from '../trust/index.ts';
import { canSign, type Bench } from './bench.ts';
import { authorityIn, contentOf, declarations, type Content } from './content.ts';
import { isSignedBy, signDocument, unlockRole, type Document, type RoleSigner } from './document.ts';
import { withFreshCertificates } from './fresh-certificates.ts';
import { expiryOf, isNearEnd } from './lifetimes.ts';
import { isUnmade } from './new-keys.ts';
import { publishedVersion, versionAfter } from './published-version.ts';
import { nextSnapshot, nextSnapshotVersion, refuseSharedSnapshot } from './snapshot.ts';
import type { PlannedDocument } from './types.ts';

export interface DraftedDocuments {
  readonly documents: readonly Document[];
  readonly planned: readonly PlannedDocument[];
}

/** Roles that only some of their keys shall sign. */
export type SignAs = ReadonlyMap<RoleName, Authority>;

/** One role that gets a new version, and everything that is needed for it. */
interface Work extends Common {
  readonly role: RoleName;
  readonly renews?: Instant;
  readonly authorities: readonly Authority[];
  readonly signers: readonly RoleSigner[];
}

/**
 * Unlocks every key before the first signature. Signed anew are roles that change, roles whose file would no longer verify,
 * and, because something is published anyway, roles near their end whose keys open here. Everything that was not changed
 * stays byte for byte. With keys that are still to be made nothing is signed, and there is only a plan.
 * @throws KEY_MISSING and what unlocking and signing throw
 */
export async function draftDocuments(
  bench: Bench,
  proposed: Content,
  signAs: SignAs = new Map(),
): Promise<DraftedDocuments> {
  const wanted = await rolesToSign(bench, proposed);
  if (wanted.length === 0) return { documents: [], planned: [] };
  const certified = bench.collecting ? undefined : await withFreshCertificates(bench, proposed);
  const after = certified?.content ?? proposed;
  const changed = certified === undefined ? wanted : [...new Set([roleNames.root, ...wanted])];
  const work: Work[] = [];
  for (const role of changed) {
    const renews = role === roleNames.root && !wanted.includes(role) ? certified?.renews : undefined;
    work.push({ ...(await prepareRole(bench, after, role, signAs.get(role))), ...(renews && { renews }) });
  }
  // Others can only sign what stays as it is; a snapshot names files with all of their signatures.
  if (!bench.collecting) work.push(...(await renewals(bench, after, changed)));
  const snapshot = authorityIn(after, roleNames.snapshot) as Authority;
  if (!bench.collecting) await refuseSharedSnapshot(bench, snapshot);
  const ownSnapshot = !bench.collecting && (isUnmade(snapshot) || (await canSign(bench, snapshot)));
  const snapshotVersion = ownSnapshot ? nextSnapshotVersion(bench.repository) : 0;
  const snapshotSigners = ownSnapshot ? await signersOf(bench, [snapshot]) : [];

  const documents: Document[] = [];
  const planned: PlannedDocument[] = work.map(({ role, version, expires, renews }) => {
    return { role, version, expires, ...(renews && { renews }) };
  });
  if (ownSnapshot)
    planned.push({
      role: roleNames.snapshot,
      version: snapshotVersion,
      expires: expiryOf('snapshot', bench.now),
    });
  if ([snapshot, ...work.flatMap(({ authorities }) => authorities)].some(isUnmade))
    return { documents, planned };
  for (const item of work) {
    const body = bodyOf(after, item.role, item) as JsonObject; // roles without a file are not worked on
    documents.push(await signDocument(item.role, body, item, item.signers, ...item.authorities));
  }
  if (ownSnapshot)
    documents.push(await nextSnapshot(bench.repository, documents, snapshotSigners, snapshot, bench.now));
  return { documents, planned };
}

/** In the order in which they depend on each other. */
async function rolesToSign(bench: Bench, after: Content): Promise<readonly RoleName[]> {
  const before = contentOf(bench.repository);
  const roles: RoleName[] = [];
  for (const role of [roleNames.root, roleNames.targets, ...declarations(after).map(({ name }) => name)]) {
    const said = bodyOf(before, role);
    const says = bodyOf(after, role);
    if (says === undefined) continue;
    const isSame = said !== undefined && equalBytes(signedMessage(said), signedMessage(says));
    if (!isSame || after.resigned.has(role) || (await mustBeSignedAnew(bench, after, role))) roles.push(role);
  }
  return roles;
}

/**
 * A file that nobody accepts any more after this change. Readers depend on `targets` and the releases; of other roles it is
 * left to their own signers when no key of theirs is here.
 */
async function mustBeSignedAnew(bench: Bench, after: Content, role: RoleName): Promise<boolean> {
  const { targets, delegations } = bench.repository;
  const file = role === roleNames.targets ? targets : delegations.get(role);
  const authority = authorityIn(after, role);
  if (file === undefined || authority === undefined) return false;
  if (!isUnmade(authority) && isSignedBy(file.bytes, authority)) return false;
  return role === roleNames.targets || role === roleNames.releases || canSign(bench, authority);
}

async function prepareRole(bench: Bench, after: Content, role: RoleName, as?: Authority): Promise<Work> {
  const { repository, now } = bench;
  const authority = as ?? authorityIn(after, role);
  if (authority === undefined) throw new DctError('BUG', { problem: `nobody declares ${role}` });
  // TUF 5.3.4: a new root is signed by the old keys and by the new ones.
  const isRoot = role === roleNames.root;
  const old = isRoot ? authorityIn(contentOf(repository), role) : undefined;
  const authorities = old === undefined ? [authority] : [old, authority];
  const published = isRoot ? repository.root.data.version : await publishedVersion(bench, role);
  const version = versionAfter(bench.gun, role, published);
  const signers = await signersOf(bench, authorities);
  return {
    role,
    version,
    expires: expiryOf(isRoot ? 'root' : 'targets', now),
    authorities: bench.collecting ? authorities.map((wanted) => satisfiedBy(signers, wanted)) : authorities,
    signers,
  };
}

/** The same keys, of which only these have to have signed. */
function satisfiedBy(signers: readonly RoleSigner[], authority: Authority): Authority {
  return { ...authority, threshold: signers.filter(({ listedId }) => authority.keys.has(listedId)).length };
}

/** All keys at hand of these authorities, each once. */
async function signersOf(bench: Bench, authorities: readonly Authority[]): Promise<readonly RoleSigner[]> {
  const signers = new Map<string, RoleSigner>();
  for (const authority of authorities)
    if (!isUnmade(authority))
      for (const signer of await unlockRole(bench, authority)) signers.set(signer.listedId, signer);
  return [...signers.values()];
}

/** What a delegation signer cannot renew must not keep them from signing: Notary fails here (dialect 9.2 step 4). */
async function renewals(
  bench: Bench,
  after: Content,
  changed: readonly RoleName[],
): Promise<readonly Work[]> {
  const work: Work[] = [];
  for (const role of [roleNames.root, ...after.targets.keys()]) {
    const expires = role === roleNames.root ? after.root.expires : after.targets.get(role)?.expires;
    if (expires === undefined || changed.includes(role) || !isNearEnd(expires, bench.now)) continue;
    if (!(await canSign(bench, authorityIn(after, role)))) continue;
    try {
      work.push({ ...(await prepareRole(bench, after, role)), renews: expires });
    } catch (error) {
      // The key is here, but nobody who could open it.
      if (!isDctError(error) || error.family !== 'key') throw error;
    }
  }
  return work;
}

/** What a role says, with another version and end when they are given; undefined for a role without a file. */
function bodyOf({ root, targets }: Content, role: RoleName, next?: Common): JsonObject | undefined {
  const common = next && { version: next.version, expires: next.expires };
  if (role === roleNames.root) return rootToJson({ ...root, ...common });
  const file = targets.get(role);
  return file && targetsToJson({ ...file, ...common });
}
