// A draft: what signing tags changes in an existing repository, and the documents that change it.
import type { Gun } from '../../base/reference.ts';
import { targetsToJson, type RoleName, type Targets } from '../model/index.ts';
import type { TrustedRepository } from '../types.ts';
import { signDocument, unlockRole, type Document, type RoleSigner } from './document.ts';
import { changesIn, withTargets } from './edit.ts';
import { expiryOf } from './lifetimes.ts';
import { signableRoles, type SignableRole } from './signable-roles.ts';
import { nextSnapshot, unlockSnapshot } from './snapshot.ts';
import type { SigningKeys, SignPlan, TargetToSign } from './types.ts';

export interface Draft {
  readonly plan: SignPlan;
  readonly documents: readonly Document[];
  /** A new repository's root, which this machine trusts because it made it. */
  readonly ownRoot?: Uint8Array;
}

export interface SignRequest {
  readonly gun: Gun;
  readonly targets: readonly TargetToSign[];
  /** Sign as this signer only; undefined: as everybody whose key is here. */
  readonly signer?: string | undefined;
  /** Make no keys; everything else is worked out as it would be. */
  readonly dryRun?: boolean;
}

/**
 * Only verified content and the wanted change are signed (PB-02), and every key is unlocked before the first signature, so
 * that a wrong passphrase is told even when nothing would change.
 * @throws what `signableRoles`, unlocking and signing throw
 */
export async function draftSigning(
  request: SignRequest,
  repository: TrustedRepository,
  keys: SigningKeys,
  now: number,
): Promise<Draft> {
  const { gun, targets } = request;
  const roles = await signableRoles(repository, targets, keys, request.signer);
  const unlocked: { readonly role: SignableRole; readonly signers: readonly RoleSigner[] }[] = [];
  for (const role of roles) unlocked.push({ role, signers: await unlockRole(keys, gun, role.authority) });
  const snapshotSigners = await unlockSnapshot(keys, gun, repository);

  const documents: Document[] = [];
  for (const { role, signers } of unlocked) {
    if (changesIn(role.name, role.current, role.wanted).length === 0) continue;
    const next = nextTargets(role.current, role.wanted, now);
    documents.push(await signDocument(role.name, targetsToJson(next), next, signers, role.authority));
  }
  if (documents.length > 0 && snapshotSigners !== undefined)
    documents.push(await nextSnapshot(repository, documents, snapshotSigners, now));

  const plan: SignPlan = {
    gun,
    initialises: false,
    newKeys: [],
    roles: roles.map(({ name }) => name),
    rolesByTag: rolesByTag(targets, roles),
    changes: roles.flatMap(({ name, current, wanted }) => changesIn(name, current, wanted)),
    documents: documents.map(({ role, version, expires }) => ({ role, version, expires })),
  };
  return { plan, documents };
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

/** The next version of a role's targets, or the first one of a role that never published. */
export function nextTargets(
  current: Targets | undefined,
  wanted: readonly TargetToSign[],
  now: number,
): Targets {
  const expires = expiryOf('targets', now);
  const base = current ?? {
    version: 0,
    expires,
    targets: new Map(),
    delegationKeys: new Map(),
    delegations: [],
  };
  return { ...withTargets(base, wanted), version: base.version + 1, expires };
}
