// The rules for targets files: signed by whom the parent says, from the top down (dialect 9.4 step 3).
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { keyId } from '../../tuf-client/crypto/index.ts';
import {
  isDelegation,
  parentOf,
  parseDocument,
  readEnvelope,
  readTargets,
  roleNames,
  type Envelope,
  type RoleName,
  type Targets,
} from '../../tuf-client/model/index.ts';
import { authorityOf, checkThreshold, type Authority } from '../../tuf-client/trust/index.ts';
import { checkUnexpired, refusing, type AcceptedRoot } from './check-root.ts';
import { invalidUpdate } from './refusal.ts';
import type { Uploads } from './multipart.ts';

export interface TargetsInput {
  readonly gun: Gun;
  readonly root: AcceptedRoot;
  readonly uploads: Uploads;
  /** The newest stored file of a role. */
  readonly stored: (role: RoleName) => Promise<Uint8Array | undefined>;
  readonly now: number;
}

/**
 * Checks every uploaded targets file, ancestors first, with missing ancestors taken from storage, where they may have expired.
 * Names of targets are not compared with the paths of a delegation: readers do that.
 *
 * Stored `targets` must be signed as the root says even when only the root is new. The real server lets a root exchange that
 * key alone, and nobody can read the repository from then on.
 * @returns the bytes of every file that was looked at, uploaded or stored
 * @throws Refusal ErrBadTargets
 */
export async function checkTargets(input: TargetsInput): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const { root, uploads } = input;
  const loaded = new Map<RoleName, { readonly data: Targets; readonly bytes: Uint8Array }>();

  const authority = (role: RoleName): Authority => {
    if (role === roleNames.targets) return authorityOf(root.data.roles.targets, root.data.keys);
    const parent = loaded.get(parentOf(role))?.data;
    const delegation = parent?.delegations.find(({ name }) => name === role);
    if (parent === undefined || delegation === undefined)
      throw invalidUpdate('ErrBadTargets', `tuf: invalid role ${role}. delegation does not exist`);
    return authorityOf(delegation, parent.delegationKeys);
  };

  for (const role of lineages(uploads)) {
    const bytes = uploads.get(role)?.bytes ?? (await input.stored(role));
    if (bytes === undefined) continue;
    const accepted = authority(role);
    const data = await refusing('ErrBadTargets', () => {
      const data = readSigned(role, bytes, accepted);
      if (uploads.has(role)) checkUnexpired(role, input.gun, data.expires, input.now);
      return data;
    });
    loaded.set(role, { data, bytes });
  }
  return new Map([...loaded].map(([role, { bytes }]) => [role, bytes]));
}

/** `targets`, the uploaded delegations and all ancestors of those: fewer segments first, then by name. */
function lineages(uploads: Uploads): readonly RoleName[] {
  const roles = new Set<RoleName>([roleNames.targets]);
  for (const uploaded of [...uploads.keys()].filter(isDelegation))
    for (let role = uploaded; role !== roleNames.targets; role = parentOf(role)) roles.add(role);
  const depth = (role: RoleName): number => role.split('/').length;
  return [...roles].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}

/** @throws MALFORMED, KEY_ID_MISMATCH, THRESHOLD */
function readSigned(role: RoleName, bytes: Uint8Array, authority: Authority): Targets {
  const { data, envelope } = parseDocument(
    `${role} metadata`,
    bytes,
    (document): { data: Targets; envelope: Envelope } => {
      const parsed = readEnvelope(document);
      return { data: readTargets(parsed, role), envelope: parsed };
    },
  );
  for (const [listed, key] of data.delegationKeys) {
    const computed = keyId(key);
    if (computed !== listed) throw new DctError('KEY_ID_MISMATCH', { role, listed, computed });
  }
  checkThreshold(authority, envelope);
  return data;
}
