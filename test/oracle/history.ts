// The repository that is changed: three honest states, one after the other, of root, targets, releases and a signer.
import { makeGun } from '../../src/base/reference.ts';
import type { TargetsState } from '../support/notary/repository.ts';
import { SimulatedRepository, type RoleState } from '../support/notary/repository.ts';
import type { ListedKey } from '../support/notary/signers.ts';
import { fixedKey, fixedRootKey } from './fixed-keys.ts';

export const gun = makeGun('registry.test:5000', 'team/app');

/** Roles in the order in which a client reads them. */
export const roles = [
  'root',
  'timestamp',
  'snapshot',
  'targets',
  'targets/releases',
  'targets/alice',
] as const;
export type HistoryRole = (typeof roles)[number];

const dayMs = 24 * 60 * 60 * 1000;

/** `known` is what clients with a cache have seen, `older` what was before it, `newest` what is published now. */
export interface History {
  readonly older: SimulatedRepository;
  readonly known: SimulatedRepository;
  readonly newest: SimulatedRepository;
}

/** @param now milliseconds since the epoch, whole seconds */
export function makeHistory(now: number): History {
  const repository = beginning(now);
  repository.publishRoot();
  repository.delegate('targets/releases', [fixedKey('releases'), fixedKey('alice')]);
  repository.delegate('targets/alice', [fixedKey('alice')], { paths: ['1', 'a'] });
  publish(repository, '1.0');
  const older = repository.fork();
  repository.rotateRoot([rootKey(2), rootKey(3)]);
  publish(repository, '1.1');
  const known = repository.fork();
  publish(repository, '1.2');
  return { older, known, newest: repository };
}

/** The root key of this number, in its certificate. */
export function rootKey(number: number, names: readonly string[] = [gun]): ListedKey {
  return fixedRootKey(`root ${number}`, names);
}

/** Signs one more tag into every targets role and publishes all of it. */
export function publish(repository: SimulatedRepository, tag: string): void {
  for (const role of ['targets', 'targets/releases', 'targets/alice'])
    repository.tag(tag, `${tag} in ${role}`, role).tag('latest', `latest is ${tag} in ${role}`, role);
  repository.tag(`top-${tag}`, `only in targets: ${tag}`);
  repository.publish('targets', 'targets/releases', 'targets/alice');
}

/** The state of any role, to change it before it is published. */
export function stateOf(repository: SimulatedRepository, role: HistoryRole): RoleState | TargetsState {
  if (role === 'root' || role === 'snapshot' || role === 'timestamp') return repository.base[role];
  return repository.role(role);
}

/** Publishes a role as its state says now, and everything that has to name it. */
export function republish(repository: SimulatedRepository, role: HistoryRole): void {
  if (role === 'timestamp') repository.publishTimestamp();
  else if (role === 'snapshot') repository.publishSnapshot();
  else if (role === 'root') repository.publishRoot().publishSnapshot();
  else repository.publish(role);
}

function beginning(now: number): SimulatedRepository {
  const state = (keys: readonly ListedKey[], days: number, threshold = 1): RoleState => ({
    version: 0,
    expires: now + days * dayMs,
    keys,
    threshold,
  });
  const base = {
    root: state([rootKey(1)], 3650),
    snapshot: state([fixedKey('snapshot')], 1095),
    timestamp: state([fixedKey('timestamp')], 14),
  };
  const top = state([fixedKey('targets one'), fixedKey('targets two')], 1095, 2);
  return new SimulatedRepository(gun, base, { ...top, targets: new Map(), paths: [''] });
}
