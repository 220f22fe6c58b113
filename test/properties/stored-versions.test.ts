// What is remembered never goes back, whatever servers show and wherever the disk fails or the power goes.
import { expect, test } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import type { MemoryFiles } from '../support/memory-files.ts';
import { makeKeys, makeRootKey } from '../support/notary-simulator.ts';
import { cut, Operations, PowerCut, refusals } from '../support/power-cut.ts';
import { gun, ledgerPath, trustedRig } from '../tuf-client/support.ts';
import { fc, tries } from '../support/properties.ts';

/** Made once: what is tried is what follows after them. */
const keys = { root: [await makeRootKey(gun)], targets: makeKeys(1) };

/** What the server does next, and at which operation on files the client stops or fails, if at all. */
const steps = fc.array(
  fc.record({
    server: fc.oneof(fc.constantFrom('publish', 'timestamp', 'root', 'nothing'), fc.nat(9)),
    trouble: fc.constantFrom(undefined, undefined, cut, ...refusals, 'cache lost'),
    among: fc.constantFrom('changes', 'reads'),
    at: fc.nat(8),
  }),
  { minLength: 1, maxLength: 6 },
);

test('stored versions never go back under any sequence of server states, failing disks, power cuts at any operation, and lost caches', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const rig = await trustedRig({ keys });
      const { repository, files } = rig;
      const states = [repository.saved()];
      let before = versionsIn(files);
      for (const { server, trouble, among, at } of sequence) {
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
        const operations = new Operations(at, typeof trouble === 'object' ? trouble : cut);
        const faulty = among === 'reads' ? operations.filesRead(files) : operations.filesWritten(files);
        const client = rig.withOptions({ files: typeof trouble === 'object' ? faulty : files });
        await client.update(gun).catch((error: unknown) => {
          const foreseen = isDctError(error) && (error.family === 'trust' || error.family === 'disk');
          if (!foreseen && !(error instanceof PowerCut)) throw error;
        });
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
    tries(120),
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
