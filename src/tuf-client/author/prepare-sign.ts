// Signing tags, from verified trust data to a publication that was read back.
import { DctError } from '../../base/errors.ts';
import type { Notices } from '../../base/ports.ts';
import { roleNames } from '../model/index.ts';
import { draftSigning, type SignRequest } from './draft-signing.ts';
import { draftInitial } from './initialise.ts';
import { refuseRoot } from './root-choice.ts';
import { makeDraft, publishDraft, type Author, type Drafter } from './publication.ts';
import type { PreparedSign, SignPlan } from './types.ts';

/**
 * Verifies what is published now, unlocks every key that is needed, and works out what is to change. Nothing is published
 * yet; a new repository's keys are made here, unless it is a dry run.
 * @throws the trust, key and transport families; CLOCK_SKEW; USAGE
 */
export async function prepareSign(author: Author, request: SignRequest): Promise<PreparedSign> {
  const { gun } = request;
  const drafter: Drafter<SignPlan> = {
    begin: (bench) =>
      // A role that is named has to be there: a mistyped repository must not be begun.
      (request.roles ?? []).length > 0
        ? Promise.reject(new DctError('NO_TRUST_DATA', { gun }))
        : draftInitial(request, bench),
    change: (bench) => {
      refuseRoot(gun, request.root);
      return draftSigning(request, bench);
    },
  };
  const draft = await makeDraft(author, gun, drafter);
  warnOfUnreleased(author.notices, draft.plan);
  const publish = async (): Promise<void> => {
    if (request.dryRun !== true) await publishDraft(author, gun, drafter, draft);
  };
  return { plan: draft.plan, publish };
}

/** Pullers look at the releases and at targets only: a tag that is signed elsewhere is not found (dialect 1.3). */
function warnOfUnreleased(notices: Notices, plan: SignPlan): void {
  for (const [tag, roles] of plan.rolesByTag)
    if (!roles.includes(roleNames.releases) && !roles.includes(roleNames.targets))
      notices.warn(`${plan.gun}:${tag} is signed in ${roles.join(', ')} only, which nobody pulls from`);
}
