// A bundle on somebody's machine: looked at, signed with the keys here, published when the signatures are enough.
import { DctError } from '../../../base/errors.ts';
import { acceptRoot } from '../../trust/index.ts';
import { roleNames, signedMessage, type KeyId } from '../../model/index.ts';
import { canSign, type Bench } from '../bench.ts';
import { authorityIn, contentOf, type Content } from '../content.ts';
import { unlockRole, type Document } from '../document.ts';
import { makeDraft, publishDraft, type Author, type Draft, type Drafter } from '../publication.ts';
import { nextSnapshot, refuseSharedSnapshot } from '../snapshot.ts';
import { fileOf, writeBundle, type Bundle, type BundledDocument } from './bundle.ts';
import type { BundleFile } from './prepare-bundle.ts';
import { authoritiesOf, isComplete } from './signatures.ts';
import { weigh, type BundlePlan, type WeighedBundle } from './weigh.ts';

export interface CosignedBundle extends BundleFile {
  /** The keys that have signed now and had not before, by canonical id. */
  readonly added: readonly KeyId[];
}

export interface OpenedBundle {
  /** What it would change, and who has signed it so far. */
  readonly plan: BundlePlan;
  /**
   * Adds the signature of every key here that may sign.
   * @throws KEY_MISSING when there is none, and what unlocking and signing throws
   */
  cosign(): Promise<CosignedBundle>;
  /**
   * Publishes, reads back and compares; does nothing when it was published before.
   * @throws BUNDLE_INCOMPLETE, BUNDLE_OUTDATED when somebody published meanwhile, and the errors of every publication
   */
  publish(): Promise<BundlePlan>;
}

/** Verifies a bundle against what is published now. @throws what `weigh` throws; NO_TRUST_DATA, the trust and transport families */
export async function openBundle(author: Author, bundle: Bundle): Promise<OpenedBundle> {
  const { gun } = bundle;
  const begin: Drafter<BundlePlan>['begin'] = () => Promise.reject(new DctError('NO_TRUST_DATA', { gun }));
  const looking: Drafter<BundlePlan> = {
    repairs: true,
    begin,
    change: async (bench) => ({ plan: (await weigh(bench, bundle)).plan, documents: [] }),
  };
  const publishing: Drafter<BundlePlan> = { repairs: true, begin, change: (bench) => draft(bench, bundle) };
  const { plan } = await makeDraft(author, gun, looking);
  return {
    plan,
    cosign: async () => {
      const cosigning: Drafter<BundlePlan & { readonly file: CosignedBundle }> = {
        collects: true,
        repairs: true,
        begin: () => Promise.reject(new DctError('NO_TRUST_DATA', { gun })),
        change: async (bench) => {
          const file = await cosign(bench, bundle);
          return { plan: { ...file.plan, file }, documents: [] };
        },
      };
      return (await makeDraft(author, gun, cosigning)).plan.file;
    },
    publish: async () =>
      (await publishDraft(author, gun, publishing, await makeDraft(author, gun, publishing))).plan,
  };
}

async function cosign(bench: Bench, bundle: Bundle): Promise<CosignedBundle> {
  const { after, plan } = await weigh(bench, bundle);
  const before = contentOf(bench.repository);
  const added = new Set<KeyId>();
  const documents: BundledDocument[] = [];
  for (const document of bundle.documents)
    documents.push(await signedHere(bench, document, before, after, added));
  const holdsNone = added.size === 0 && !(await holdsAny(bench, bundle, before, after));
  const [open] = plan.signatures.filter((role) => !isComplete(role));
  if (holdsNone && open !== undefined)
    throw new DctError('KEY_MISSING', { gun: bench.gun, role: open.role, keyIds: open.missing.join(', ') });
  const signed = { ...bundle, documents };
  return { bytes: writeBundle(signed), plan: (await weigh(bench, signed)).plan, added: [...added] };
}

async function signedHere(
  bench: Bench,
  document: BundledDocument,
  before: Content,
  after: Content,
  added: Set<KeyId>,
): Promise<BundledDocument> {
  const signatures = [...document.envelope.signatures];
  for (const authority of authoritiesOf(document.role, before, after))
    for (const { listedId, signer } of await unlockRole(bench, authority)) {
      if (signatures.some(({ keyId }) => keyId === listedId)) continue;
      const value = await signer.sign(signedMessage(document.envelope.signed));
      signatures.push({ keyId: listedId, method: signer.method, value });
      added.add(signer.keyId);
    }
  return { ...document, envelope: { ...document.envelope, signatures } };
}

async function holdsAny(
  bench: Bench,
  { documents }: Bundle,
  before: Content,
  after: Content,
): Promise<boolean> {
  for (const { role } of documents)
    for (const authority of authoritiesOf(role, before, after))
      if (await canSign(bench, authority)) return true;
  return false;
}

async function draft(bench: Bench, bundle: Bundle): Promise<Draft<BundlePlan>> {
  const { gun, repository, now } = bench;
  const { plan, after } = await weigh(bench, bundle);
  if (plan.isPublished) return { plan, documents: [] };
  checkComplete({ plan, after });
  const documents: Document[] = [];
  for (const document of bundle.documents) {
    const { role, version, expires } = document;
    const bytes = fileOf(document);
    // Its certificates have to be for this repository, as every reader will check.
    if (role === roleNames.root) await acceptRoot(bytes, gun, undefined);
    documents.push({ role, version, expires, bytes });
  }
  const snapshot = authorityIn(after, roleNames.snapshot);
  if (snapshot !== undefined) await refuseSharedSnapshot(bench, snapshot);
  if (snapshot === undefined || !(await canSign(bench, snapshot))) return { plan, documents };
  const own = await nextSnapshot(repository, documents, await unlockRole(bench, snapshot), snapshot, now);
  const planned = { role: own.role, version: own.version, expires: own.expires };
  return { plan: { ...plan, documents: [...plan.documents, planned] }, documents: [...documents, own] };
}

function checkComplete({ plan: { gun, signatures } }: WeighedBundle): void {
  const open = signatures.find((role) => !isComplete(role));
  if (open === undefined) return;
  const { role, needed, signed, missing } = open;
  const keys = missing.join(', ') || 'nobody';
  throw new DctError('BUNDLE_INCOMPLETE', { gun, role, needed, valid: signed.length, missing: keys });
}
