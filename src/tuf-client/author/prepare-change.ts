// Changes to signers, keys and tags: shown first, then made on top of whatever others have published meanwhile.
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { instantAt } from '../../base/instant.ts';
import type { Bench } from './bench.ts';
import { draftChange, proposeChange, type Change } from './changes/change.ts';
import { declaredIn } from './difference.ts';
import { emptyFile } from './edits/tags.ts';
import { draftInitial, roleOfSigner, withSigner } from './initialise.ts';
import { makeNewKeys, previewKeys, type NewKeys } from './new-keys.ts';
import { makeDraft, publishDraft, type Author, type Draft, type Drafter } from './publication.ts';
import type { ChangePlan, PreparedChange } from './change-plan.ts';

export interface ChangeRequest {
  readonly gun: Gun;
  readonly change: Change;
}

/**
 * Verifies what is published now, unlocks every key that exists and is needed, and works out what is to change. Nothing is
 * made and nothing is published yet.
 * @throws the trust, key and transport families; CLOCK_SKEW; USAGE
 */
export async function prepareChange(author: Author, { gun, change }: ChangeRequest): Promise<PreparedChange> {
  const drafter = (wanted: Change, newKeys: NewKeys, preview: boolean): Drafter<ChangePlan> => ({
    repairs: change.kind === 'witness',
    begin: (bench) => begin(bench, wanted, preview),
    change: async (bench) => draftChange(bench, newKeys, await proposeChange({ ...bench, newKeys }, wanted)),
  });
  const first = await makeDraft(author, gun, drafter(change, previewKeys(author.keys), true));
  return {
    plan: first.plan,
    publish: async () => {
      if (first.plan.documents.length === 0) return first.plan;
      const newKeys = makeNewKeys(author.keys, author.store, gun, author.clock.now());
      const real = drafter(asShown(change, first.plan), newKeys, false);
      const published = await publishDraft(author, gun, real, await makeDraft(author, gun, real));
      return published.plan;
    },
  };
}

/** Everything that was signed when it was shown, and not what somebody signs while a question is being answered. */
export function asShown(change: Change, { differences: shown }: ChangePlan): Change {
  if (change.kind !== 'revoke' || change.tags !== undefined) return change;
  const tags = shown.flatMap((difference) => (difference.kind === 'tag' ? [difference.tag] : []));
  return { ...change, tags: [...new Set(tags)] };
}

/** Only a first signer begins a repository; a mistyped name must not make one by any other change. */
async function begin(
  bench: Omit<Bench, 'repository'>,
  change: Change,
  dryRun: boolean,
): Promise<Draft<ChangePlan>> {
  const { gun, now } = bench;
  if (change.kind !== 'add-signer') throw new DctError('NO_TRUST_DATA', { gun });
  const signers = [{ role: roleOfSigner(change.name), keys: change.keys }];
  const drafted = await draftInitial({ gun, targets: [], signers, root: change.root, dryRun }, bench);
  const nothing = emptyFile(instantAt(now));
  const { initialises, newKeys, documents } = drafted.plan;
  const plan: ChangePlan = {
    gun,
    initialises,
    newKeys,
    documents,
    differences: declaredIn(signers.reduce(withSigner, nothing)),
    lostTags: [],
    remarks: drafted.plan.remarks ?? [],
  };
  return { ...drafted, plan };
}
