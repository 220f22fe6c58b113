// ST-01, ST-02: trust data and the ledger, with power cut or the disk refusing at every single operation of an update.
import { describe, expect, test } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { createLedger } from '../../src/tuf-client/cache/index.ts';
import type { RoleName } from '../../src/tuf-client/model/index.ts';
import { makeKeys, makeRootKey } from '../support/notary-simulator.ts';
import type { MemoryFiles } from '../support/memory-files.ts';
import { atEveryOperation, cut, refusals, type Operations } from '../support/power-cut.ts';
import { gun, makeRig, versionsOf, type Rig } from '../tuf-client/support.ts';

/** A rig in the moment before an update, and what the server can show. */
interface Scene {
  readonly rig: Rig;
  /** What the directory holds before the update. */
  readonly before: MemoryFiles;
  /** Serves what is newest. */
  readonly honest: () => void;
  /** Serves what came before it; undefined where nothing did. */
  readonly old: (() => void) | undefined;
  /** The versions that whoever sees the newest has. */
  readonly newest: Readonly<Record<string, number>>;
  /** Every file that was ever signed, as text. */
  readonly published: ReadonlySet<string>;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

async function scene(firstContact: boolean, change: (rig: Rig) => Promise<void>): Promise<Scene> {
  const rig = makeRig();
  const repository = await rig.server.repository(gun);
  const old = repository.saved();
  const first = [...repository.files.values()].map(text);
  if (!firstContact) await rig.client.update(gun);
  await change(rig);
  const published = new Set([...first, ...[...repository.files.values()].map(text)]);
  const honest = repository.saved();
  const before = rig.files.copy();
  const newest = versionsOf(await rig.client.update(gun));
  return { rig, before, honest, old: firstContact ? undefined : old, newest, published };
}

const nothing = (): Promise<void> => Promise.resolve();

function newDelegation({ server }: Rig): Promise<void> {
  const repository = server.repositories.get(gun);
  repository?.delegate('targets/releases', makeKeys(1)).tag('1.0', 'content', 'targets/releases');
  repository?.publish('targets', 'targets/releases');
  return Promise.resolve();
}

async function newRootKey({ server }: Rig): Promise<void> {
  server.repositories
    .get(gun)
    ?.rotateRoot([await makeRootKey(gun)])
    .publish();
}

const stories: readonly (readonly [string, () => Promise<Scene>])[] = [
  ['the first contact', () => scene(true, nothing)],
  ['a new delegation with a tag', () => scene(false, newDelegation)],
  ['a rotated root key', () => scene(false, newRootKey)],
];

/** What the ledger holds of the timestamp; undefined before anything was trusted. @throws CACHE_CORRUPT */
async function remembered(files: MemoryFiles): Promise<number | undefined> {
  return (await createLedger(files).read(gun))?.roles.get('timestamp' as RoleName)?.version;
}

/** All that must hold of a directory at any moment, and what a new process makes of it. */
async function expectRecovery(files: MemoryFiles, played: Scene): Promise<void> {
  const { rig, honest, old, newest, published } = played;
  const version = await remembered(files);
  for (const [path, bytes] of files.contents)
    if (path.startsWith('tuf/')) expect(published.has(text(bytes)), `${path} is what was signed`).toBe(true);

  if (old !== undefined) {
    // A thief of the server's disk shows yesterday's files: never again, once newer ones were remembered.
    old();
    const attacked = rig.withOptions({ files: files.copy() }).update(gun);
    if (version === 1) expect(versionsOf(await attacked)['timestamp']).toBe(1);
    else await expect(attacked).rejects.toMatchObject({ family: 'trust' });
  }
  honest();
  const client = rig.withOptions({ files });
  expect(versionsOf(await client.update(gun)), 'the next update heals it').toEqual(newest);
  rig.server.outage();
  expect(versionsOf(await client.update(gun)), 'what was healed lasts').toEqual(newest);
  rig.server.recover();
}

/** A process that updates on its own view of the directory, and may not come to its end. */
const updating = (rig: Rig, files: Rig['files'] | ReturnType<Operations['filesWritten']>) =>
  rig
    .withOptions({ files })
    .update(gun)
    .then(
      (repository) => ({ repository, error: undefined }),
      (error: unknown) => ({ repository: undefined, error }),
    );

describe.each(stories)('%s', (_story, begin) => {
  test.each([cut])(
    'ST-01: $what before each write: nothing seen is lost, the next update heals it',
    async (fault) => {
      const played = await begin();
      const count = await atEveryOperation(fault, async (operations) => {
        const files = played.before.copy();
        played.honest();
        await updating(played.rig, operations.filesWritten(files));
        await expectRecovery(files, played);
      });
      expect(count, 'the ledger, and at least timestamp, snapshot and targets').toBeGreaterThan(3);
    },
  );

  test.each(refusals)('ST-02: $what each write: verified all the same, and said', async (fault) => {
    const played = await begin();
    const { rig } = played;
    await atEveryOperation(fault, async (operations) => {
      const files = played.before.copy();
      played.honest();
      rig.warnings.length = 0;
      const { repository } = await updating(rig, operations.filesWritten(files));
      expect(repository?.timestamp.data.version).toBe(played.old === undefined ? 1 : 2);
      expect(rig.warnings).toHaveLength(operations.struck ? 1 : 0);
      await expectRecovery(files, played);
    });
  });

  test.each(refusals.slice(-1))(
    'ST-02: $what each read: an answer of the disk, never a new first contact',
    async (fault) => {
      const played = await begin();
      await atEveryOperation(fault, async (operations) => {
        const files = played.before.copy();
        played.honest();
        const { repository, error } = await updating(played.rig, operations.filesRead(files));
        if (operations.struck && repository === undefined)
          expect(isDctError(error) && error.family).toBe('disk');
        else expect(repository?.timestamp.data.version).toBe(played.old === undefined ? 1 : 2);
        if (played.old !== undefined)
          expect((await createLedger(files).read(gun))?.trusted).toEqual(
            (await createLedger(played.before).read(gun))?.trusted,
          );
        await expectRecovery(files, played);
      });
    },
  );
});

test('an update that is refused has no moment in which anything of it is on the disk', async () => {
  const played = await scene(false, newDelegation);
  const { rig, before } = played;
  const repository = rig.server.repositories.get(gun);
  repository?.tamper(repository.servedName('targets/releases'), (bytes) => bytes.fill(0x20, -40, -1));
  for (const fault of [cut, ...refusals]) {
    const files = before.copy();
    const count = await atEveryOperation(fault, async (operations) => {
      const { error } = await updating(rig, operations.filesWritten(files));
      expect(isDctError(error) && error.family).toBe('trust');
    });
    expect({ count, changed: files.differences(before) }).toEqual({ count: 0, changed: [] });
  }
});
