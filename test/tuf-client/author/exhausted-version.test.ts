// FF-01 as authors meet it: whoever holds a key can publish the highest version that there is, and nothing comes after it.
import { expect, test } from 'vitest';
import { isDctError } from '../../../src/base/errors.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { owner, type Owner } from './change-support.ts';

const highest = Number.MAX_SAFE_INTEGER;

/** Everything of this repository is signed here; readers know the version before the highest one. */
async function begin(): Promise<Owner> {
  const own = await owner({ keys: { snapshot: makeKeys(1) } });
  await own.client.update(gun);
  return own;
}

const driveUp: Record<string, (own: Owner, version: number) => void> = {
  targets: ({ repository }, version) => {
    repository.top.version = version - 1;
    repository.publish();
  },
  snapshot: ({ repository }, version) => {
    repository.base.snapshot.version = version - 1;
    repository.publishSnapshot();
  },
  // Nobody but the server vouches for this file.
  'targets/alice': ({ repository, keys }, version) => {
    const [listed, others] = [makeKeys(1), makeKeys(1)];
    for (const { signer } of listed) keys.add('alice', signer);
    repository.delegate('targets/alice', listed).publish('targets');
    Object.assign(repository.role('targets/alice'), { version: version - 1, signedBy: others });
    repository.publish('targets/alice');
  },
};

test.each(Object.entries(driveUp))('FF-01: over the highest %s nothing is signed', async (role, drive) => {
  const own = await begin();
  drive(own, highest);
  const error: unknown = await own.prepare().catch((reason: unknown) => reason);
  expect(isDctError(error, 'VERSION_EXHAUSTED') && error.facts).toEqual({ gun, role, version: highest });
  expect(own.server.publications).toEqual([]);
});

test.each(['targets', 'snapshot'])('the version before the highest %s is followed by it', async (role) => {
  const own = await begin();
  driveUp[role]?.(own, highest - 1);
  await own.sign();
  expect(await own.released()).toEqual(['1.0']);
});

test('FF-01: a new root over the highest one is not signed either', async () => {
  const own = await owner();
  own.repository.base.root.version = highest - 1;
  own.repository.publishRoot().publishSnapshot();
  const change = own.preview({ kind: 'rotate-key', role: 'snapshot', management: 'server' });
  await expect(change).rejects.toMatchObject({ code: 'VERSION_EXHAUSTED', facts: { role: 'root' } });
});
