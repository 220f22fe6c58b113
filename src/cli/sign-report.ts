// A signature in words: what it is about to change, and what it changed.
import type { SignPlan, TargetToSign } from '../tuf-client/author/index.ts';

export interface SignOutcome {
  readonly plan: SignPlan;
  readonly targets: readonly TargetToSign[];
  readonly dryRun: boolean;
}

/** What is different now, or with `--dry-run` would be. */
export function changeLines({
  gun,
  initialises,
  newKeys,
  changes,
  documents,
  remarks = [],
}: SignPlan): readonly string[] {
  return [
    ...(initialises ? [`${gun} had no trust data before`] : []),
    ...newKeys.map(({ role, keyId }) => `new ${role} key${keyId === undefined ? '' : ` ${keyId}`}`),
    ...(newKeys.some(({ role }) => role === 'root') ? ['keep a copy of the root key in a safe place'] : []),
    ...remarks,
    ...changes.map(
      ({ tag, role, before, after }) => `${tag} in ${role}: ${before ?? 'not signed'} -> ${after}`,
    ),
    ...documents.flatMap(({ role, expires, renews }) =>
      renews === undefined
        ? []
        : [`${role} would end at ${renews.text} and is signed again, until ${expires.text}`],
    ),
  ];
}

/** One line for each tag. */
export function signedLines({ plan, targets, dryRun }: SignOutcome): readonly string[] {
  return targets.map(({ name, digest }) => {
    const changed = changesOf(plan, name).length > 0;
    const done = changed ? (dryRun ? 'would sign' : 'signed') : 'already signed';
    return `${done} ${plan.gun}:${name} ${digest} in ${rolesOf(plan, name).join(', ')}`;
  });
}

/** The same for `--json`, with what was there before. */
export function signedJson({ plan, targets, dryRun }: SignOutcome): readonly object[] {
  return targets.map(({ name, digest, length }) => ({
    gun: plan.gun,
    tag: name,
    digest,
    size: length,
    roles: rolesOf(plan, name),
    initialised: plan.initialises,
    dryRun,
    changes: changesOf(plan, name).map(({ role, before, after }) => ({
      role,
      before: before ?? null,
      after,
    })),
  }));
}

function rolesOf({ rolesByTag }: SignPlan, tag: string): readonly string[] {
  return rolesByTag.get(tag) ?? [];
}

function changesOf({ changes }: SignPlan, tag: string): SignPlan['changes'] {
  return changes.filter((change) => change.tag === tag && change.before !== change.after);
}
