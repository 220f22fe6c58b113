// Trust pins: which root keys the operator vouches for (dialect 8.4; RT-03 to RT-05, RT-14).
import type { Gun } from '../../base/reference.ts';
import type { KeyId } from '../model/index.ts';

export interface Pin {
  /** A GUN, or a prefix of GUNs that ends in `/*`. */
  readonly pattern: string;
  /** TUF ids of root certificates, or canonical ids of root keys. */
  readonly keys: readonly KeyId[];
}

/** The pin for this GUN: the exact one, else the longest prefix; undefined when nobody pinned anything. */
export function pinFor(gun: Gun, pins: readonly Pin[]): Pin | undefined {
  const exact = pins.find((pin) => pin.pattern === gun);
  if (exact !== undefined) return exact;
  return pins
    .filter((pin) => pin.pattern.endsWith('/*') && gun.startsWith(pin.pattern.slice(0, -1)))
    .sort((a, b) => b.pattern.length - a.pattern.length)[0];
}
