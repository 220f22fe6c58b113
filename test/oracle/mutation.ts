// What a mutation is: one way to turn an honest repository into another one, with chance deciding about the details.
import { serialise, type Signature } from '../../src/tuf-client/model/index.ts';
import type { SimulatedRepository } from '../support/notary/repository.ts';
import type { ListedKey } from '../support/notary/signers.ts';
import type { Chance } from './chance.ts';
import type { History, HistoryRole } from './history.ts';
import { looseMessage } from './json-tree.ts';

export interface Mutation {
  readonly name: string;
  /** How often it is chosen, compared with others. */
  readonly weight: number;
  /** Changes `history.newest`, and says what was done. */
  apply(history: History, chance: Chance): string;
}

/** The newest file of a role. */
export function fileOf(repository: SimulatedRepository, role: HistoryRole): Uint8Array {
  const bytes = repository.current.get(role);
  if (bytes === undefined) throw new Error(`${role} was not published`);
  return bytes;
}

/** Serves these bytes for a role under every name that it has, although nobody names their hash. */
export function serveInstead(repository: SimulatedRepository, role: HistoryRole, bytes: Uint8Array): void {
  for (const name of namesOf(repository, role)) repository.files.set(name, bytes);
}

/** Takes these bytes for the newest of a role, and has them named by honest files above. */
export function storeAndName(repository: SimulatedRepository, role: HistoryRole, bytes: Uint8Array): void {
  const names = namesOf(repository, role);
  repository.store(role, bytes);
  if (role === 'root') for (const name of names) repository.files.set(name, bytes);
  if (role === 'timestamp') return;
  if (role === 'snapshot') repository.publishTimestamp();
  else repository.publishSnapshot();
}

/** A file with this text as its `signed`, signed as the most lenient reader would want it. */
export function signText(text: string, keys: readonly ListedKey[]): Uint8Array {
  const message = looseMessage(text);
  const signatures = keys.map(({ id, signer }): Signature => {
    return { keyId: id, method: signer.method, value: signer.signNow(message) };
  });
  const around = Buffer.from(serialise({}, signatures)).toString('utf8');
  return Buffer.from(around.replace('{}', () => text));
}

function namesOf(repository: SimulatedRepository, role: HistoryRole): readonly string[] {
  const names = [`${role}.json`, repository.hashName(role)];
  return role === 'root' ? [...names, `${repository.base.root.version}.root.json`] : names;
}
