// What a client makes of a repository: the tags that it believes, or that it believes nothing.

export interface Verdict {
  readonly accepted: boolean;
  /** The code or the message of a refusal. */
  readonly reason: string;
  /** What else there is to say about it. */
  readonly detail: string;
  /** `TAG ROLE DIGEST SIZE` of what counts, sorted; empty after a refusal. */
  readonly tags: readonly string[];
}

export const accepted = (tags: readonly string[]): Verdict => ({
  accepted: true,
  reason: '',
  detail: '',
  tags: [...tags].sort(),
});

export const refused = (reason: string, detail = ''): Verdict => ({
  accepted: false,
  reason,
  detail,
  tags: [],
});

/** Who believed what: `looser` is what must not be. */
export type Comparison = 'agreed' | 'stricter' | 'looser';

/**
 * `looser` when we believe any tag, or any repository, that Notary does not believe just so; `stricter` when it is only the
 * other way round.
 */
export function compare(ours: Verdict, notarys: Verdict): Comparison {
  if (ours.accepted && !notarys.accepted) return 'looser';
  if (ours.tags.some((tag) => !notarys.tags.includes(tag))) return 'looser';
  if (ours.accepted !== notarys.accepted || ours.tags.length < notarys.tags.length) return 'stricter';
  return 'agreed';
}
