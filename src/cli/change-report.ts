// A change to signers, keys or tags in words: exactly what differs, and what is published for it.
import type { ChangePlan, DeclaredRole, Difference, PlannedDocument } from '../tuf-client/author/index.ts';

/** How one command speaks of what it does, before the name of the repository. */
export interface Wording {
  readonly done: string;
  readonly would: string;
  readonly idle: string;
}

export interface ChangeOutcome {
  readonly plan: ChangePlan;
  readonly dryRun: boolean;
}

/** A headline, and below it everything that is different. */
export function changeLines({ plan, dryRun }: ChangeOutcome, words: Wording): readonly string[] {
  if (plan.documents.length === 0) return [`${words.idle} ${plan.gun}: nothing to do`];
  return [
    `${dryRun ? words.would : words.done} ${plan.gun}`,
    ...detailLines(plan).map((line) => `  ${line}`),
  ];
}

/** Roles with their keys, tags, and the documents that say so. */
export function detailLines(plan: ChangePlan): readonly string[] {
  return [
    ...(plan.initialises ? ['the repository had no trust data before'] : []),
    ...plan.newKeys.map(({ role, keyId }) => `new ${role} key${keyId === undefined ? '' : ` ${keyId}`}`),
    ...plan.differences.map(differenceLine),
    ...plan.lostTags.map((tag) => `${tag} is not signed any more`),
    ...plan.remarks,
    ...plan.documents.map(documentLine),
  ];
}

function differenceLine(difference: Difference): string {
  const { role } = difference;
  if (difference.kind === 'tag')
    return `${difference.tag} in ${role}: ${difference.before ?? 'not signed'} -> ${difference.after ?? 'not signed'}`;
  const { before, after } = difference;
  if (after === undefined) return `${role}: removed (${before === undefined ? '' : describe(before)})`;
  if (before === undefined) return `${role}: new, ${describe(after)}`;
  return `${role}: ${describe(before)} -> ${describe(after)}`;
}

function describe({ keys, threshold, paths }: DeclaredRole): string {
  const names = keys.map((key) => (key === 'new' ? 'a new key' : key)).join(', ') || 'no keys';
  const needed = threshold === 1 ? '' : `, ${threshold} signatures needed`;
  return `${names}${needed}${paths === undefined ? '' : `, ${describePaths(paths)}`}`;
}

export function describePaths(paths: readonly string[]): string {
  if (paths.length === 0) return 'no tags';
  return paths.includes('') ? 'all tags' : `tags that begin with ${paths.join(' or ')}`;
}

function documentLine({ role, version, expires, renews }: PlannedDocument): string {
  const renewal = renews === undefined ? '' : `, signed again because its end is near: ${renews.text}`;
  return `${role} version ${version}, valid until ${expires.text}${renewal}`;
}

export function changeJson({ plan, dryRun }: ChangeOutcome): object {
  return {
    gun: plan.gun,
    dryRun,
    changed: plan.documents.length > 0,
    initialised: plan.initialises,
    newKeys: plan.newKeys,
    differences: plan.differences,
    lostTags: plan.lostTags,
    remarks: plan.remarks,
    documents: plan.documents.map(({ role, version, expires, renews }) => {
      return { role, version, expires: expires.text, renews: renews?.text ?? null };
    }),
  };
}
