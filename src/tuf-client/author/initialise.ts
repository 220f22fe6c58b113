// A new repository: its first root and targets, with snapshot and timestamp keys that the server holds (dialect 9.1).
import type { Gun } from '../../base/reference.ts';
import { checkSignerName } from '../../base/role-name.ts';
import { keyId, type Signer } from '../crypto/index.ts';
import { roleNames, rootToJson, signerRole, targetsToJson } from '../model/index.ts';
import type { KeyId, PublicKey, Root, RoleName, Targets } from '../model/index.ts';
import { authorityOf } from '../trust/index.ts';
import type { Bench } from './bench.ts';
import { signDocument, type Document } from './document.ts';
import { nextTargets, type SignRequest } from './draft-signing.ts';
import { delegate } from './edits/delegate.ts';
import { changesIn } from './edits/tags.ts';
import { expiryOf } from './lifetimes.ts';
import type { Draft } from './publication.ts';
import { certifyRootKey } from './root-certificate.ts';
import { chooseRoot } from './root-choice.ts';
import { usableServerKey, type ServerRole } from './server-key.ts';
import type { SigningKeys, SignPlan } from './types.ts';

/** Keys that a new repository uses: at hand and unlocked, or still to be made. */
interface Wanted {
  readonly role: string;
  readonly gun?: Gun;
  readonly existing: Signer | undefined;
}

/** What a repository begins with: tags, or signers who will sign later. */
export interface Beginning extends SignRequest {
  readonly signers?: readonly { readonly role: RoleName; readonly keys: readonly PublicKey[] }[];
}

type EmptyBench = Omit<Bench, 'repository'>;

/**
 * Drafts a repository that does not exist yet. What can fail without leaving a trace comes first: unlocking the keys at hand,
 * then the server's keys; only then new keys are made. Keys of an earlier attempt that did not get through are used again.
 * @throws USAGE for a name that no signer can have; KEY_REFUSED; SERVER_KEY_REFUSED; what unlocking and making keys throws
 */
export async function draftInitial(beginning: Beginning, bench: EmptyBench): Promise<Draft<SignPlan>> {
  const { gun, keys, now } = bench;
  const own = beginning.signer === undefined ? undefined : roleOfSigner(beginning.signer);
  const { certificate, remarks, existing } = await chooseRoot(keys, gun, beginning.root, now);
  const rootKey: Wanted = { role: 'root', existing };
  const targetsKey = await reuse(keys, { role: 'targets', gun }, await keys.repositoryKeys('targets', gun));
  const wanted = [rootKey, targetsKey];
  if (beginning.signer !== undefined)
    wanted.push(await reuse(keys, { role: beginning.signer }, await keys.namedKeys(beginning.signer)));
  const plan = { ...planInitial(beginning, own, wanted, now), remarks };
  if (beginning.dryRun === true) return { plan, documents: [] };

  const timestampKey = await serverKey(bench, 'timestamp');
  const snapshotKey = await serverKey(bench, 'snapshot');
  const signers: Signer[] = [];
  for (const { role, gun: owner, existing } of wanted)
    signers.push(existing ?? (await keys.create(role, owner)));
  const [rootSigner, targetsSigner, signer] = signers as [Signer, Signer, Signer | undefined];

  const root = newRoot(
    certificate ?? (await certifyRootKey(rootSigner, gun, now)),
    targetsSigner.publicKey,
    snapshotKey,
    timestampKey,
    now,
  );
  const rootAuthority = authorityOf(root.roles.root, root.keys);
  const rootId = root.roles.root.keyIds[0] as KeyId;
  const rootSigners = [{ listedId: rootId, signer: rootSigner }];
  const rootDocument = await signDocument(roleNames.root, rootToJson(root), root, rootSigners, rootAuthority);
  const documents: Document[] = [rootDocument];

  const declared = own && signer ? [{ role: own, keys: [signer.publicKey] }] : (beginning.signers ?? []);
  const inTop = own === undefined ? beginning.targets : [];
  const top = declared.reduce(withSigner, firstVersion(nextTargets(undefined, inTop, now)));
  const topSigners = [{ listedId: targetsSigner.keyId, signer: targetsSigner }];
  const topAuthority = authorityOf(root.roles.targets, root.keys);
  documents.push(await signDocument(roleNames.targets, targetsToJson(top), top, topSigners, topAuthority));
  if (signer !== undefined)
    for (const delegation of top.delegations) {
      const file = firstVersion(nextTargets(undefined, beginning.targets, now));
      const authority = authorityOf(delegation, top.delegationKeys);
      const by = [{ listedId: signer.keyId, signer }];
      documents.push(await signDocument(delegation.name, targetsToJson(file), file, by, authority));
    }
  const newKeys = wanted.flatMap(({ role, existing }, i) =>
    existing === undefined ? [{ role, keyId: (signers[i] as Signer).keyId }] : [],
  );
  return { plan: { ...plan, newKeys }, documents, ownRoot: rootDocument.bytes };
}

function firstVersion(targets: Targets): Targets {
  return { ...targets, version: 1 };
}

/** A signer as Docker declares one: a role of its own and the releases, both for every tag (dialect 1.3). */
export function withSigner(
  top: Targets,
  { role, keys }: { readonly role: RoleName; readonly keys: readonly PublicKey[] },
): Targets {
  const everything = { keys, paths: [''] };
  return delegate(delegate(top, { name: role, ...everything }), { name: roleNames.releases, ...everything });
}

/** The first of these keys, as Docker does it, or the task to make one. */
async function reuse(
  keys: SigningKeys,
  purpose: { readonly role: string; readonly gun?: Gun },
  ids: readonly KeyId[],
): Promise<Wanted> {
  const [first] = ids;
  return { ...purpose, existing: first && (await keys.signer(first)) };
}

export function roleOfSigner(name: string): RoleName {
  checkSignerName(name);
  return signerRole(name) as RoleName;
}

function planInitial(
  request: Beginning,
  delegate: RoleName | undefined,
  wanted: readonly Wanted[],
  now: number,
): SignPlan {
  const roles = delegate === undefined ? [roleNames.targets] : [delegate, roleNames.releases];
  const inRoles = request.targets.length > 0 || delegate !== undefined ? roles : [];
  const published = new Set([roleNames.root, roleNames.targets, ...inRoles]);
  return {
    gun: request.gun,
    initialises: true,
    newKeys: wanted.flatMap(({ role, existing }) => (existing === undefined ? [{ role }] : [])),
    roles,
    rolesByTag: new Map(request.targets.map(({ name }) => [name, roles])),
    changes: roles.flatMap((role) => changesIn(role, undefined, request.targets)),
    documents: [...published].map((role) => {
      return { role, version: 1, expires: expiryOf(role === roleNames.root ? 'root' : 'targets', now) };
    }),
  };
}

async function serverKey({ store, gun }: EmptyBench, role: ServerRole): Promise<PublicKey> {
  return usableServerKey(await store.serverKey(gun, role), gun, role);
}

function newRoot(
  root: PublicKey,
  targets: PublicKey,
  snapshot: PublicKey,
  timestamp: PublicKey,
  now: number,
): Root {
  const table = { root, targets, snapshot, timestamp };
  const role = (name: keyof typeof table): Root['roles']['root'] => {
    return { name: roleNames[name], keyIds: [keyId(table[name])], threshold: 1 };
  };
  return {
    version: 1,
    expires: expiryOf('root', now),
    keys: new Map(Object.values(table).map((key) => [keyId(key), key])),
    roles: {
      root: role('root'),
      targets: role('targets'),
      snapshot: role('snapshot'),
      timestamp: role('timestamp'),
    },
  };
}
