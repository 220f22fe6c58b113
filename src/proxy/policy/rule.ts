// What a policy asks for in one part of the repositories.

/** How content has to be vouched for. Whatever is served, its bytes match its digest. */
export type Requirement =
  /** Tags that are released: in `targets/releases` or `targets`. */
  | 'signed'
  /** Released tags that named signers have signed too, in roles of their own. */
  | 'signed-by'
  /** Content by its digest, and no tags at all. */
  | 'digest-only'
  /** Tags too, as the registry has them: nobody vouches for them. */
  | 'pass';

export interface Rule {
  /** The pattern in full, which names the rule in logs. */
  readonly pattern: string;
  readonly require: Requirement;
  /** Names as in `dct signer add`; none unless `signed-by`. */
  readonly signers: readonly string[];
  /** How many of them have to have signed the same content. */
  readonly threshold: number;
  /** Digests are served only when they can be reached from a signed tag (MF-15). */
  readonly strict: boolean;
  /** What refers to an image, such as its signatures and attestations: unsigned itself (MF-14). */
  readonly referrers: 'block' | 'pass';
  /** Whether trust data that is still valid may answer while the trust server does not. */
  readonly outage: 'fail' | 'cached';
  /** Serve what trust refuses, and write it down. */
  readonly audit: boolean;
}

/** What holds when there is no policy at all. */
export const defaultRule: Rule = {
  pattern: '**',
  require: 'signed',
  signers: [],
  threshold: 0,
  strict: false,
  referrers: 'block',
  outage: 'cached',
  audit: false,
};

/** True when trust data has a say under this rule. */
export function asksTrust({ require, strict }: Pick<Rule, 'require' | 'strict'>): boolean {
  return require === 'signed' || require === 'signed-by' || strict;
}
