// Beginning a bundle: a change as it would be published, signed as far as the keys here go, for others to sign too.
import { DctError } from '../../../base/errors.ts';
import type { Gun } from '../../../base/reference.ts';
import type { Bench } from '../bench.ts';
import type { ChangePlan } from '../change-plan.ts';
import { draftChange, proposeChange, type Change } from '../changes/change.ts';
import type { Desk, Proposal } from '../changes/proposal.ts';
import type { Document } from '../document.ts';
import { proposeSigning, type SignRequest } from '../draft-signing.ts';
import { makeNewKeys, previewKeys, type NewKeys } from '../new-keys.ts';
import { asShown } from '../prepare-change.ts';
import { makeDraft, type Author, type Draft, type Drafter } from '../publication.ts';
import { documentOf, writeBundle, type Bundle } from './bundle.ts';
import { baseOf, weigh, type BundlePlan } from './weigh.ts';

type Signing = { readonly kind: 'sign' } & Pick<SignRequest, 'targets' | 'signer' | 'roles'>;

export interface BundleRequest {
  readonly gun: Gun;
  readonly change: Change | Signing;
}

export interface BundleFile {
  readonly bytes: Uint8Array;
  readonly plan: BundlePlan;
}

/** A change that is ready to be signed: everything is verified, every key that exists is unlocked, nothing is made. */
export interface PreparedBundle {
  readonly plan: ChangePlan;
  /**
   * Makes the keys that are needed, and signs with all that are here; undefined when nothing would change.
   * @throws KEY_MISSING when not a single signature can be made; what making keys and signing throws
   */
  collect(): Promise<BundleFile | undefined>;
}

interface Collected extends ChangePlan {
  readonly file?: BundleFile;
}

/**
 * Works out a change whose signatures need not all be made here. Only a repository that exists can need several.
 * @throws NO_TRUST_DATA, the trust, key and transport families, USAGE
 */
export async function prepareBundle(author: Author, { gun, change }: BundleRequest): Promise<PreparedBundle> {
  const first = await makeDraft(author, gun, collecting(change, previewKeys(author.keys), false));
  return {
    plan: first.plan,
    collect: async () => {
      if (first.plan.documents.length === 0) return undefined;
      const newKeys = makeNewKeys(author.keys, author.store, gun, author.clock.now());
      const shown = change.kind === 'sign' ? change : asShown(change, first.plan);
      return (await makeDraft(author, gun, collecting(shown, newKeys, true))).plan.file;
    },
  };
}

function collecting(change: BundleRequest['change'], newKeys: NewKeys, isReal: boolean): Drafter<Collected> {
  return {
    collects: true,
    repairs: change.kind === 'witness',
    begin: ({ gun }) => Promise.reject(new DctError('NO_TRUST_DATA', { gun })),
    change: async (bench) => {
      const desk = { ...bench, newKeys };
      const draft = await draftChange(bench, newKeys, await propose(desk, change));
      return isReal && draft.documents.length > 0 ? withFile(bench, draft) : draft;
    },
  };
}

function propose(desk: Desk, change: BundleRequest['change']): Proposal | Promise<Proposal> {
  return change.kind === 'sign' ? proposeSigning(change, desk) : proposeChange(desk, change);
}

async function withFile(bench: Bench, { plan, documents }: Draft<ChangePlan>): Promise<Draft<Collected>> {
  const bundle = await bundleOf(bench, documents);
  const weighed = await weigh(bench, bundle);
  const { signatures } = weighed.plan;
  const [unsigned] = signatures;
  if (unsigned !== undefined && signatures.every(({ signed }) => signed.length === 0))
    throw new DctError('KEY_MISSING', {
      gun: bench.gun,
      role: unsigned.role,
      keyIds: unsigned.missing.join(', ') || 'none',
    });
  const { newKeys, remarks } = plan;
  const file = { bytes: writeBundle(bundle), plan: { ...weighed.plan, newKeys, remarks } };
  return { plan: { ...plan, file }, documents };
}

async function bundleOf(bench: Bench, drafted: readonly Document[]): Promise<Bundle> {
  const documents = [];
  for (const { role, bytes } of drafted)
    documents.push({ base: await baseOf(bench, role), ...documentOf(role, bytes) });
  return { gun: bench.gun, documents };
}
