// What is remembered never goes back, whatever servers show and wherever the disk fails or the power goes.
import { expect, test } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { gun, ledgerPath, trustedRig } from '../tuf-client/support.ts';
import { fc, tries } from '../support/properties.ts';

/** The power goes: not an error of ours, and nothing after it happens. */
class PowerCut extends Error {}

/** What the server does next, and at which write the client stops or fails, if at all. */
const steps = fc.array(
  fc.record({
    server: fc.oneof(fc.constantFrom('publish', 'timestamp', 'root', 'nothing'), fc.nat(9)),
    trouble: fc.constantFrom('none', 'none', 'full disk', 'power cut', 'cache lost'),
    atWrite: fc.nat(4),
  }),
  { minLength: 1, maxLength: 6 },
);

test('stored versions never go back under any sequence of server states, full disks, power cuts and lost caches', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const rig = await trustedRig();
      const { repository, files } = rig;
      const states = [repository.saved()];
      let before = versionsIn(files);
      for (const { server, trouble, atWrite } of sequence) {
        if (typeof server === 'number') states[server % states.length]?.();
        else {
          // Whoever publishes goes on from the truth, whatever was shown meanwhile.
          states.at(-1)?.();
          if (server === 'publish') repository.publish();
          else if (server === 'timestamp') repository.publishTimestamp();
          else if (server === 'root') repository.publishRoot().publishSnapshot();
          states.push(repository.saved());
        }
        if (trouble === 'cache lost')
          for (const path of [...files.contents.keys()])
            if (path.startsWith('tuf/')) files.contents.delete(path);
        let writes = 0;
        files.failWrite = () => {
          if (writes++ < atWrite) return false;
          if (trouble === 'power cut') throw new PowerCut();
          return trouble === 'full disk';
        };
        await rig.client.update(gun).catch((error: unknown) => {
          if (error instanceof PowerCut || (isDctError(error) && error.family === 'trust')) return;
          throw error;
        });
        files.failWrite = () => false;
        const after = versionsIn(files);
        for (const [role, version] of Object.entries(before))
          expect(after[role], role).toBeGreaterThanOrEqual(version);
        before = after;
      }
      // From every state in which this may have ended, the next honest one is accepted.
      states.at(-1)?.();
      repository.publish();
      await rig.client.update(gun);
    }),
    tries(8),
  );
});

/** Versions in the ledger, by role. */
function versionsIn(files: MemoryFiles): Record<string, number> {
  const { root, roles } = JSON.parse(
    Buffer.from(files.contents.get(ledgerPath()) ?? []).toString('utf8'),
  ) as {
    root: { version: number };
    roles: Record<string, { version: number }>;
  };
  const all = Object.entries({ root, ...roles });
  return Object.fromEntries(all.map(([role, { version }]) => [role, version]));
}
