// How every command that changes trust data goes about it: prepare all, show, ask, publish, report.
import type { ChangeRequest } from '../tuf-client/author/index.ts';
import { changeJson, changeLines, detailLines, type ChangeOutcome, type Wording } from './change-report.ts';
import { confirm, type Question } from './confirm.ts';
import type { Context } from './context.ts';
import { eachRepository, tellFailures, type Failures } from './each-repository.ts';

export interface ChangeOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** A file for the signatures of several people, in place of a publication. */
  readonly offlineBundle?: string;
}

/**
 * Every repository is prepared (trust data verified, keys unlocked) before the first one is published, several at the same
 * time; after that one that fails keeps no other one from being published.
 * @throws DECLINED, and everything that the author, trust and key store doors throw
 */
export async function makeChanges(
  context: Context,
  requests: readonly ChangeRequest[],
  words: Wording,
  options: ChangeOptions,
  question: Question = () => undefined,
): Promise<void> {
  const { dryRun = false, yes = false, offlineBundle } = options;
  if (offlineBundle !== undefined) {
    const { beginBundle } = await import('./collect.ts');
    await beginBundle(context, offlineBundle, requests, options, question);
    return;
  }
  const { services, console, interruption, io } = context;
  const preparing: Failures = new Map();
  const prepared = await eachRepository(requests, preparing, async (request) => {
    return { gun: request.gun, ...(await services.prepareChange(request)) };
  });
  for (const problem of preparing.values()) throw problem;
  const pending = prepared.map(({ plan }) => plan).filter(({ documents }) => documents.length > 0);
  const asked = question(pending);
  if (!dryRun && pending.length > 0 && asked !== undefined) {
    // With -y nobody reads it before it is done.
    if (!yes)
      for (const plan of pending) for (const line of [plan.gun, ...detailLines(plan)]) console.info(line);
    await confirm(io, asked, { yes });
  }

  const failures: Failures = new Map();
  const outcomes = await eachRepository(prepared, failures, async (change): Promise<ChangeOutcome> => {
    const plan = dryRun ? change.plan : await interruption.undisturbed(() => change.publish());
    return { plan, dryRun };
  });
  if (outcomes.some(({ plan }) => plan.newKeys.some(({ role }) => role === 'root')))
    console.info('keep a copy of the root key in a safe place');
  if (outcomes.length > 0)
    console.emit({
      lines: outcomes.flatMap((outcome) => changeLines(outcome, words)),
      data: { changes: outcomes.map(changeJson) },
    });
  tellFailures(console, prepared, failures, 'was not changed');
}

/** Asks when pullers would lose tags. */
export const whenTagsAreLost: Question = (plans) => {
  const lost = plans.flatMap(({ gun, lostTags }) => lostTags.map((tag) => `${gun}:${tag}`));
  return lost.length === 0 ? undefined : `Nobody would be able to pull ${lost.join(', ')} any more. Go on?`;
};
