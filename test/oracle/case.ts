// One case for the oracle, made from its seed: a client's past, and what the server shows it now.
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { Chance } from './chance.ts';
import { courseMutations } from './course-mutations.ts';
import { fileMutations } from './file-mutations.ts';
import type { History } from './history.ts';
import type { Mutation } from './mutation.ts';
import { stateMutations } from './state-mutations.ts';

export const mutations: readonly Mutation[] = [...fileMutations, ...stateMutations, ...courseMutations];

export interface Case {
  readonly seed: number;
  /** What the client has in its cache: nothing, or the known state. */
  readonly client: 'fresh' | 'known';
  /** Names of the mutations, in order. */
  readonly mutations: readonly string[];
  readonly description: string;
  /** What is served. */
  readonly repository: SimulatedRepository;
}

/** The case of that seed; `history` itself stays as it is. */
export function makeCase(history: History, seed: number): Case {
  const chance = new Chance(seed);
  const client = chance.pick(['fresh', 'known'] as const);
  const own = { ...history, newest: history.newest.fork() };
  const chosen = [pickByWeight(chance)];
  if (chance.once(8)) chosen.push(pickByWeight(chance));
  const done = chosen.map((mutation) => `${mutation.name}: ${mutation.apply(own, chance)}`);
  const description = `${client} client; ${done.join('; then ')}`;
  return { seed, client, mutations: chosen.map(({ name }) => name), description, repository: own.newest };
}

function pickByWeight(chance: Chance): Mutation {
  let rest = chance.below(mutations.reduce((sum, { weight }) => sum + weight, 0));
  for (const mutation of mutations) {
    if (rest < mutation.weight) return mutation;
    rest -= mutation.weight;
  }
  throw new Error('the weights do not add up');
}
