// KS-07: dct killed at its file operations while it takes keys, makes one, and changes a passphrase.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { passphrase, vector, type KeyVector } from '../keystore/vectors.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { dyingAt, oneOfEachKind, operationsOf } from '../support/real/dies-at-operation.ts';
import { dctInProcess } from '../support/real/dct-in-process.ts';
import { keyUser, type KeyUser } from '../support/real/key-user.ts';

const [root, alice] = [vector('notary-root'), vector('docker-alice')];
const bundle = [root, vector('notary-targets'), alice];
const next = 'a much better one';

interface Somebody extends KeyUser {
  readonly dockerConfig: string;
}

/** Somebody whose store has these keys. */
async function somebody(keys: readonly KeyVector[]): Promise<Somebody> {
  const user = keyUser(await temporaryDirectory());
  const store = join(user.trustDirectory, 'private');
  await mkdir(store, { recursive: true, mode: 0o700 });
  for (const { keyId, text } of keys) await writeFile(join(store, `${keyId}.key`), text, { mode: 0o600 });
  await writeFile(join(user.home, 'new'), next, { mode: 0o600 });
  await writeFile(join(user.home, 'all.pem'), bundle.map(({ text }) => text).join(''), { mode: 0o600 });
  return { ...user, dockerConfig: join(user.home, '.docker') };
}

const passphrases = (secret: string) => ({
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: secret,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: secret,
});

/** In this process, which is faster. */
const dct = (user: Somebody, command: readonly string[], secret = passphrase) =>
  dctInProcess(user, command, passphrases(secret));

async function expectKeys(user: Somebody, ids: readonly string[]): Promise<void> {
  const { stdout } = await dct(user, ['key', 'list', '--json']);
  const { keys, unreadable } = JSON.parse(stdout) as { keys: { keyId: string }[]; unreadable: unknown[] };
  expect(unreadable).toEqual([]);
  expect(keys.map(({ keyId }) => keyId).sort()).toEqual([...ids].sort());
  await expectWhole(user);
}

async function opening(user: Somebody): Promise<readonly string[]> {
  const opened: string[] = [];
  for (const secret of [passphrase, next]) {
    const opens = dct(user, ['key', 'check'], secret).then(
      () => true,
      () => false,
    );
    if (await opens) opened.push(secret);
  }
  return opened;
}

async function expectWhole(user: Somebody): Promise<void> {
  await dct(user, ['key', 'check']);
}

interface Story {
  readonly command: readonly string[];
  readonly keys: readonly KeyVector[];
  /** Operations that no other story has. */
  readonly where: RegExp;
  /** Must hold whenever the command died. */
  readonly invariant: (user: Somebody) => Promise<void>;
  /** Must hold after the same command was run again. */
  readonly outcome: (user: Somebody) => Promise<void>;
}

const stories: readonly Story[] = [
  {
    command: ['key', 'import', 'all.pem'],
    keys: [],
    where: /./u,
    invariant: expectWhole,
    outcome: (user) =>
      expectKeys(
        user,
        bundle.map(({ keyId }) => keyId),
      ),
  },
  {
    command: ['key', 'passwd', alice.keyId, '--new-passphrase-file', 'new'],
    keys: [alice],
    where: /private/u,
    invariant: async (user) => expect(await opening(user)).toHaveLength(1),
    outcome: async (user) => expect(await opening(user)).toEqual([next]),
  },
  {
    command: ['key', 'remove', alice.keyId, '--yes'],
    keys: [alice, root],
    where: /private|_archive/u,
    invariant: async (user) => {
      const files = await readdir(user.trustDirectory, { recursive: true });
      expect(files.filter((file) => file.endsWith(`${alice.keyId}.key`))).not.toEqual([]);
      await expectWhole(user);
    },
    outcome: (user) => expectKeys(user, [root.keyId]),
  },
  {
    command: ['key', 'generate', 'zoe'],
    keys: [],
    where: /^(?!.*trust\/dct)/u,
    invariant: expectWhole,
    // A public half that is there already is not replaced, which the error says.
    outcome: async (user) => {
      await rm(join(user.home, 'zoe.pub'));
      await dct(user, ['key', 'generate', 'zoe']);
      expect((await dct(user, ['key', 'list', '--json'])).stdout).toContain('"role": "zoe"');
      await expectWhole(user);
    },
  },
];

// The first and the last operation of each kind: all of them would take minutes.
describe.each(stories)('KS-07: dct $command.0 $command.1, killed', ({ command, keys, where, ...story }) => {
  it('at every kind of file operation, loses no key and can be run again', async () => {
    const first = await somebody(keys);
    const kinds = await operationsOf(first.home, (env) => first.dct(command, { env }));
    await story.outcome(first);
    const deaths = oneOfEachKind(kinds, where);
    expect(deaths.length).toBeGreaterThan(8);
    for (const operation of deaths) {
      const user = await somebody(keys);
      await dyingAt(user.home, operation, (env) => user.dct(command, { env }));
      await story.invariant(user);
      const again = await dct(user, command).catch((error: unknown) => String(error));
      await story.outcome(user).catch((cause: unknown) => {
        throw new Error(`killed before ${kinds[operation - 1] ?? ''}; then: ${JSON.stringify(again)}`, {
          cause,
        });
      });
    }
  });
});
