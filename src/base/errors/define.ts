// The shape of one entry in the error catalogue.

/** What the caller must do next decides the family; the exit code and the proxy's status follow from it. */
export type Family =
  | 'usage' // change the request
  | 'trust' // the answer is no: never retried, never answered from elsewhere
  | 'transport' // no answer: may be tried again
  | 'registry' // the registry said no
  | 'key' // a private key or its passphrase
  | 'disk' // the local disk
  | 'conflict' // somebody else published first
  | 'declined' // a person said no, or nobody was there to ask
  | 'interrupted' // Ctrl-C
  | 'bug'; // an invariant of ours broke

export interface Entry<F> {
  readonly family: Family;
  /** One line: what is wrong. */
  readonly say: (facts: F) => string;
  /** One line: what to do about it. */
  readonly next: (facts: F) => string;
}

/** Declares one error; `F` lists the facts that its sentences are built from. */
export function define<F extends object>(
  family: Family,
  say: (facts: F) => string,
  next: (facts: F) => string,
): Entry<F> {
  return { family, say, next };
}
