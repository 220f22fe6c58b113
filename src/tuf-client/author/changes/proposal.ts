// What a change proposes: the content as it shall be, worked out from verified data and the keys at hand.
import type { Bench } from '../bench.ts';
import type { Content } from '../content.ts';
import type { SignAs } from '../draft-documents.ts';
import type { NewKeys } from '../new-keys.ts';

export interface Proposal {
  readonly content: Content;
  /** Sentences for the plan. */
  readonly remarks?: readonly string[];
  readonly signAs?: SignAs;
}

/** Everything that a change may look at. */
export interface Desk extends Bench {
  readonly newKeys: NewKeys;
}
