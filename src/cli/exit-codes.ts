// Exit codes: what a script may rely on, one for each family of errors.
import type { Family } from '../base/errors.ts';

export const exitCodes: Readonly<Record<Family, number>> = {
  usage: 2,
  trust: 3,
  transport: 4,
  registry: 5,
  key: 6,
  disk: 7,
  conflict: 8,
  declined: 9,
  bug: 70,
  interrupted: 130,
};

/** 0 when nothing failed. A refusal for reasons of trust outranks everything else; otherwise the first error decides. */
export function exitCodeFor(families: readonly Family[]): number {
  const decisive = families.includes('trust') ? 'trust' : families[0];
  return decisive === undefined ? 0 : exitCodes[decisive];
}
