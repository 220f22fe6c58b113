// What a change to signers, keys or tags comes to, before and after it is published.
import type { Difference } from './difference.ts';
import type { PublicationPlan } from './types.ts';

/** What a change to signers, keys or tags consists of. */
export interface ChangePlan extends PublicationPlan {
  /** Empty when the repository says already what it shall say. */
  readonly differences: readonly Difference[];
  /** Tags that pullers get nothing for any more. */
  readonly lostTags: readonly string[];
  /** What somebody should know about the outcome, one sentence each. */
  readonly remarks: readonly string[];
}

/** A change that is ready to be published: everything is verified, every key that exists is unlocked, nothing is made. */
export interface PreparedChange {
  /** As `--dry-run` shows it. */
  readonly plan: ChangePlan;
  /**
   * Makes the keys that are needed, publishes, reads back and compares. Answers with what was published, which stands on
   * what others have published meanwhile.
   * @throws CONFLICT after `limits.publishAttempts`, PUBLISH_REFUSED, KEY_MISSING, NOT_PERSISTED, the transport family
   */
  publish(): Promise<ChangePlan>;
}
