// Changes to repositories on a simulated server: who holds which keys, and what readers see afterwards.
import { listReleased, type TrustedRepository } from '../../../src/tuf-client/index.ts';
import { prepareChange, type Change, type ChangePlan } from '../../../src/tuf-client/author/index.ts';
import type { ListedKey, RepositoryOptions, SimulatedRepository } from '../../support/notary-simulator.ts';
import { makeKeys, makeRootKey } from '../../support/notary-simulator.ts';
import { gun, makeRig } from '../support.ts';
import { makeAuthorRig, type AuthorRig } from './support.ts';

export interface Owner extends AuthorRig {
  readonly repository: SimulatedRepository;
  /** Prepares and publishes. */
  change(change: Change): Promise<ChangePlan>;
  /** What it would do. */
  preview(change: Change): Promise<ChangePlan>;
  /** Somebody else with keys of their own, on the same server. */
  colleague(...keys: readonly ListedKey[]): AuthorRig;
  /** What somebody who never saw the repository trusts; refusals are thrown. */
  fresh(): Promise<TrustedRepository>;
  /** Tags that a fresh reader and this one would both pull. */
  released(): Promise<readonly string[]>;
}

/** The owner of a repository holds its root and targets key; the snapshot key is the server's, unless given. */
export async function owner(options: RepositoryOptions = {}): Promise<Owner> {
  const rig = makeAuthorRig();
  const keys = { root: [await makeRootKey(gun)], targets: makeKeys(1), ...options.keys };
  const repository = await rig.server.repository(gun, { ...options, keys });
  for (const [role, listed] of Object.entries(keys))
    for (const { signer } of listed) rig.keys.add(role, signer, role === 'root' ? undefined : gun);
  const fresh = (): Promise<TrustedRepository> =>
    makeRig({ store: rig.server, clock: rig.server.clock }).client.update(gun);
  const names = (trusted: TrustedRepository): readonly string[] =>
    listReleased(trusted)
      .map(({ name }) => name)
      .sort();
  return {
    ...rig,
    repository,
    fresh,
    change: async (change) => (await prepareChange(rig.author, { gun, change })).publish(),
    preview: async (change) => (await prepareChange(rig.author, { gun, change })).plan,
    colleague: (...own) => colleague(rig, own),
    released: async () => {
      const [warm, cold] = [names(await rig.client.update(gun)), names(await fresh())];
      if (warm.join() !== cold.join()) throw new Error(`one reads ${warm.join()}, the other ${cold.join()}`);
      return cold;
    },
  };
}

function colleague({ server }: AuthorRig, own: readonly ListedKey[]): AuthorRig {
  const rig = makeRig({ store: server, clock: server.clock });
  const made = makeAuthorRig({ ...rig, server });
  for (const { signer } of own) made.keys.add('signer', signer);
  return made;
}

/** The plan's differences as short texts: `targets/bob: 1 key`, `1.0 in targets: gone`. */
export function summary({ differences }: ChangePlan): readonly string[] {
  return differences.map((difference) => {
    const { role, before, after } = difference;
    if (difference.kind === 'tag')
      return `${difference.tag} in ${role}: ${after === undefined ? 'gone' : before === undefined ? 'new' : 'moved'}`;
    const count = (declared: typeof difference.before): string =>
      declared === undefined ? 'nothing' : `${declared.keys.length}/${declared.threshold}`;
    return `${role}: ${count(difference.before)} -> ${count(difference.after)}`;
  });
}
