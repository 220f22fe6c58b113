// Mutants that change nothing anybody could see, each with the reason. They count neither way.

interface Equivalent {
  readonly path: string;
  /** As `npm run mutate` prints it. */
  readonly change: string;
  readonly why: string;
}

export const equivalent: readonly Equivalent[] = [];
