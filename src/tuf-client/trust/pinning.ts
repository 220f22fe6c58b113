// Trust pins: which root keys the operator vouches for (dialect 8.4; RT-03 to RT-05, RT-14).
import type { Gun } from '../../base/reference.ts';
import type { KeyId } from '../model/index.ts';
import type { PinnedAuthority } from './pin-certificate.ts';

export interface Pin {
  /** A GUN, or a prefix of GUNs that ends in `/*`. */
  readonly pattern: string;
  /** TUF ids of root certificates, or canonical ids of root keys. */
  readonly keys: readonly KeyId[];
  /** Whoever holds a certificate of theirs for the GUN is vouched for too (ADR 0017). */
  readonly authorities?: readonly PinnedAuthority[];
  /** Pins of a higher tier count only where the lower ones say nothing about the GUN; 0 when left out. */
  readonly tier?: number;
}

/** The pin for this GUN: by tier, the exact one, else the longest prefix; undefined when nobody pinned anything. */
export function pinFor<P extends Pick<Pin, 'pattern' | 'tier'>>(gun: Gun, pins: readonly P[]): P | undefined {
  const rank = ({ pattern, tier = 0 }: P): readonly [tier: number, length: number] => [
    tier,
    pattern === gun ? Infinity : pattern.length,
  ];
  return pins
    .filter(({ pattern }) => patternCovers(pattern, gun))
    .map((pin) => ({ pin, rank: rank(pin) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || (a.rank[1] === b.rank[1] ? 0 : b.rank[1] - a.rank[1]))[0]?.pin;
}

/** `/*` stands for any number of whole components, never for a part of one (RT-14, ADR 0007). */
function patternCovers(pattern: string, gun: Gun): boolean {
  return pattern === gun || (pattern.endsWith('/*') && gun.startsWith(pattern.slice(0, -1)));
}
