// What signing tags changes in an existing repository, and the documents that change it.
import type { Gun } from '../../base/reference.ts';
import { roleNames, type RoleName, type Targets } from '../model/index.ts';
import { canSign, type Bench } from './bench.ts';
import type { Proposal } from './changes/proposal.ts';
import { chosenRoles } from './chosen-roles.ts';
import { authorityIn, contentOf, withFile, type Content } from './content.ts';
import { unlockRole } from './document.ts';
import { draftDocuments } from './draft-documents.ts';
import { changesIn, emptyFile, withTargets } from './edits/tags.ts';
import { expiryOf } from './lifetimes.ts';
import type { Draft } from './publication.ts';
import type { RootChoice } from './root-choice.ts';
import { signableRoles, type SignableRole } from './signable-roles.ts';
import type { SignPlan, TargetToSign } from './types.ts';

export interface SignRequest {
  readonly gun: Gun;
  readonly targets: readonly TargetToSign[];
  /** Sign as this signer only; undefined: as everybody whose key is here. */
  readonly signer?: string | undefined;
  /** Sign into these delegations only; empty or left out: into whatever `signer` says. */
  readonly roles?: readonly RoleName[] | undefined;
  /** For a repository that this begins. */
  readonly root?: RootChoice | undefined;
  /** Make no keys; everything else is worked out as it would be. */
  readonly dryRun?: boolean;
}

/**
 * Only verified content and the wanted change are signed (PB-02), and every key is unlocked before the first signature, so
 * that a wrong passphrase is told even when nothing would change.
 * @throws what `signableRoles`, unlocking and signing throw
 */
export async function draftSigning(request: SignRequest, bench: Bench): Promise<Draft<SignPlan>> {
  const { gun, repository } = bench;
  const { roles, content, signAs } = await proposeSigning(request, bench);
  for (const { authority } of roles) await unlockRole(bench, authority);
  const snapshot = authorityIn(contentOf(repository), roleNames.snapshot);
  if (snapshot !== undefined && (await canSign(bench, snapshot))) await unlockRole(bench, snapshot);

  const { documents, planned } = await draftDocuments(bench, content, signAs);
  const plan: SignPlan = {
    gun,
    initialises: false,
    newKeys: [],
    roles: roles.map(({ name }) => name),
    rolesByTag: rolesByTag(request.targets, roles),
    changes: roles.flatMap(({ name, current, wanted }) => changesIn(name, current, wanted)),
    documents: planned,
  };
  return { plan, documents };
}

export interface SigningProposal extends Proposal {
  readonly roles: readonly SignableRole[];
}

/** The content with these tags in every role that the keys at hand sign for. @throws what `signableRoles` and `chosenRoles` throw */
export async function proposeSigning(
  { targets, signer, roles: named = [] }: Pick<SignRequest, 'targets' | 'signer' | 'roles'>,
  { repository, keys, now }: Bench,
): Promise<SigningProposal> {
  const roles =
    named.length > 0
      ? await chosenRoles(repository, targets, keys, named)
      : await signableRoles(repository, targets, keys, signer);
  const content = roles.reduce((before, role) => signedBy(before, role, now), contentOf(repository));
  return { roles, content, signAs: new Map(roles.map(({ name, authority }) => [name, authority])) };
}

function signedBy(content: Content, { name, current, wanted }: SignableRole, now: number): Content {
  if (changesIn(name, current, wanted).length === 0) return content;
  return withFile(content, name, nextTargets(current, wanted, now));
}

function rolesByTag(
  targets: readonly TargetToSign[],
  roles: readonly SignableRole[],
): ReadonlyMap<string, readonly RoleName[]> {
  return new Map(
    targets.map((target) => [
      target.name,
      roles.filter(({ wanted }) => wanted.includes(target)).map(({ name }) => name),
    ]),
  );
}

/** A role's targets with these tags, or the first targets of a role that never published. */
export function nextTargets(
  current: Targets | undefined,
  wanted: readonly TargetToSign[],
  now: number,
): Targets {
  const base = current ?? emptyFile(expiryOf('targets', now));
  return withTargets(base, wanted);
}
