// Properties: no changed byte is ever believed, and whatever a server serves, what is remembered never goes back.
import { expect, test } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { findReleased } from '../../src/tuf-client/index.ts';
import { makeKeys } from '../support/notary-simulator.ts';
import { gun, ledgerPath, makeRig, trustedRig } from './support.ts';
import { fc, tries } from '../support/properties.ts';

test('DG-10: a changed byte in any served file never yields another digest, and every refusal is one of ours', async () => {
  const rig = makeRig();
  const repository = await rig.server.repository(gun);
  repository.delegate('targets/releases', makeKeys(1)).tag('latest', 'signed', 'targets/releases');
  repository.tag('latest', 'older').publish('targets', 'targets/releases');
  const served = ['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'].map((r) =>
    repository.servedName(r),
  );
  const { digest } = findReleased(await rig.client.update(gun), 'latest');
  const honest = repository.saved();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...served),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (name, at, flip) => {
        honest();
        rig.files.contents.clear();
        repository.tamper(name, (bytes) =>
          bytes.map((byte, i) => (i === at % bytes.length ? byte ^ flip : byte)),
        );
        try {
          expect(findReleased(await rig.client.update(gun), 'latest').digest).toBe(digest);
        } catch (error) {
          if (!isDctError(error)) throw error;
          expect(error.family).toBe('trust');
          expect(rig.files.contents.size).toBe(0);
        }
      },
    ),
    tries(150),
  );
});

test('random states of a server, old and new, keep every remembered version from going back', async () => {
  const moves = fc.array(
    fc.oneof(fc.constant('publish'), fc.constant('timestamp'), fc.constant('root'), fc.nat(9)),
    {
      maxLength: 12,
    },
  );
  await fc.assert(
    fc.asyncProperty(moves, async (steps) => {
      const rig = await trustedRig();
      const { repository } = rig;
      const states = [repository.saved()];
      let before = versions(rig.files.contents.get(ledgerPath()));
      for (const step of steps) {
        if (typeof step === 'number') states[step % states.length]?.();
        else {
          if (step === 'publish') repository.publish();
          else if (step === 'timestamp') repository.publishTimestamp();
          else repository.publishRoot().publishSnapshot();
          states.push(repository.saved());
        }
        await rig.client.update(gun).catch((error: unknown) => {
          if (!isDctError(error) || error.family !== 'trust') throw error;
        });
        const after = versions(rig.files.contents.get(ledgerPath()));
        for (const [role, version] of Object.entries(before))
          expect(after[role]).toBeGreaterThanOrEqual(version);
        before = after;
      }
    }),
    tries(25),
  );
});

function versions(ledger: Uint8Array | undefined): Record<string, number> {
  const { root, roles } = JSON.parse(Buffer.from(ledger ?? []).toString('utf8')) as {
    root: { version: number };
    roles: Record<string, { version: number }>;
  };
  return Object.fromEntries(Object.entries({ root, ...roles }).map(([role, { version }]) => [role, version]));
}
