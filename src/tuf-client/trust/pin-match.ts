// Which keys of a root a pin vouches for: by id, or by a chain to a pinned authority (RT-03, RT-04, RT-12).
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { canonicalKeyId, isCurrent } from '../crypto/index.ts';
import type { KeyId, PublicKey } from '../model/index.ts';
import { chainsTo } from './pin-chain.ts';
import type { Pin } from './pinning.ts';

/** When one certificate is valid, in milliseconds since the epoch. */
export interface Life {
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whose certificate it is, when it is not the root key's own. */
  readonly authority?: string;
}

/** A root key whose certificate may speak for the GUN. */
export interface RootKey {
  readonly key: PublicKey;
  /** The certificates that its trust hangs on, leaf first; more than one way when several authorities vouch for it. */
  readonly chains: readonly (readonly Life[])[];
}

/** A certificate that keeps the key from counting now, the leaf's rather than those above; undefined when none does. */
export function outdatedIn({ chains }: RootKey, now: number): Life | undefined {
  const outdated = chains.map((chain) => chain.find((life) => !isCurrent(life, now)));
  return outdated.includes(undefined) ? undefined : outdated[0];
}

/**
 * The keys that count: all of them when nothing is pinned, else only those that the pin vouches for.
 * @throws PIN_MISMATCH when none is left
 */
export async function vouchedFor(
  gun: Gun,
  pin: Pin | undefined,
  keys: ReadonlyMap<KeyId, RootKey>,
): Promise<ReadonlyMap<KeyId, RootKey>> {
  if (pin === undefined) return keys;
  const vouched = new Map<KeyId, RootKey>();
  const problems: string[] = [];
  for (const [id, rootKey] of keys) {
    const chains = await chainsOf(pin, id, rootKey);
    if (typeof chains !== 'string') vouched.set(id, { key: rootKey.key, chains });
    else if (chains !== '') problems.push(chains);
  }
  if (vouched.size > 0) return vouched;
  const [problem] = problems;
  throw new DctError('PIN_MISMATCH', {
    gun,
    offered: [...keys.keys()].join(', '),
    pin: describe(pin),
    ...(problem !== undefined && { problem }),
  });
}

/** Why it is not vouched for, empty when there is no more to say than that its id is another. */
async function chainsOf(
  { keys, authorities = [] }: Pin,
  id: KeyId,
  { key, chains: own }: RootKey,
): Promise<RootKey['chains'] | string> {
  if (keys.includes(id) || keys.some((pinned) => pinned === canonicalKeyId(key))) return own;
  if (authorities.length === 0) return '';
  const found = await chainsTo(authorities, key);
  if (typeof found === 'string') return found;
  return found.map((chain) =>
    chain.map(({ notBefore, notAfter, name }, height) => ({
      notBefore,
      notAfter,
      ...(height > 0 && { authority: name }),
    })),
  );
}

function describe({ keys, authorities = [] }: Pin): string {
  return [...keys, ...authorities.map(({ name }) => `authority ${name}`)].join(', ');
}
