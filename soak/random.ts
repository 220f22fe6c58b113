// Random choices that a seed makes again: one generator for each part of a soak, so that they do not disturb each other.

export interface Random {
  /** At least 0 and less than 1. */
  next(): number;
  /** A whole number, at least `from` and at most `to`. */
  whole(from: number, to: number): number;
  chance(share: number): boolean;
  /** @throws on an empty list */
  pick<T>(list: readonly T[]): T;
}

/** The generator of one part. The choices are the same for the same seed and part; when they are made is not. */
export function randomOf(seed: number, part: string): Random {
  let state = seed >>> 0;
  for (const character of part) state = Math.imul(state ^ character.charCodeAt(0), 0x9e3779b1) >>> 0;
  // A Weyl sequence, and a finalizer that spreads each step over all bits.
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (share) => next() < share,
    pick: (list) => {
      const found = list[Math.floor(next() * list.length)];
      if (found === undefined) throw new Error('there is nothing to choose from');
      return found;
    },
  };
}
