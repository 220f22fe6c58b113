// What is on the table while one publication is drafted: verified data, keys, and one time for everything.
import type { Gun } from '../../base/reference.ts';
import type { NotaryStore } from '../notary/index.ts';
import type { Authority } from '../trust/index.ts';
import type { TrustedRepository } from '../types.ts';
import { heldKeys } from './document.ts';
import type { SigningKeys } from './types.ts';

export interface Bench {
  readonly gun: Gun;
  readonly repository: TrustedRepository;
  readonly keys: SigningKeys;
  readonly store: NotaryStore;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The last attempt lost against a version that the verified data does not tell about. */
  readonly afterConflict: boolean;
}

/** Whether enough private keys of a role are here. Unlocks nothing. */
export async function canSign(keys: SigningKeys, authority: Authority | undefined): Promise<boolean> {
  if (authority === undefined) return false;
  return (await heldKeys(keys, authority)).size >= authority.threshold;
}
