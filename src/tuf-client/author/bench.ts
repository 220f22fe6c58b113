// What is on the table while one publication is drafted: verified data, keys, and one time for everything.
import type { RoleName } from '../model/index.ts';
import type { NotaryStore } from '../notary/index.ts';
import type { Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { heldKeys, type Signatory } from './document.ts';

export interface Bench extends Signatory {
  readonly repository: TrustedRepository;
  readonly store: NotaryStore;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What keeps everybody from reading the repository, by role; empty unless it is read for repair. */
  readonly faults: ReadonlyMap<RoleName, Error>;
  /** The last attempt lost against a version that the verified data does not tell about. */
  readonly afterConflict: boolean;
}

/** Whether enough private keys of a role are here; where signatures are collected, any. Unlocks nothing. */
export async function canSign(
  { keys, collecting }: Pick<Signatory, 'keys' | 'collecting'>,
  authority: Authority | undefined,
): Promise<boolean> {
  if (authority === undefined) return false;
  return (await heldKeys(keys, authority)).size >= (collecting ? 1 : authority.threshold);
}
