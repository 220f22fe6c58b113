// KS-07: a process that dies at any file operation, or whose disk refuses, loses no key; the next run completes what it began.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { openDirectory } from '../../src/disk/files.ts';
import type { KeyKeeper } from '../../src/keystore/index.ts';
import type { KeyId } from '../../src/tuf-client/model/index.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { atEveryOperation, cut, halfWritten, refusals } from '../support/power-cut.ts';
import { always, importTexts, onDisk, withHeader } from './keeper.ts';
import { passphrase, vector } from './vectors.ts';

const [root, targets, alice] = [vector('notary-root'), vector('notary-targets'), vector('docker-alice')];
const newPassphrase = 'another passphrase';

async function place(directory: string, name: string, text: string): Promise<void> {
  await mkdir(join(directory, 'private'), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'private', name), text, { mode: 0o600 });
}

/** Which of these passphrases open the key now. */
async function openedBy(directory: string, keyId: KeyId, ...secrets: readonly string[]): Promise<string[]> {
  const opened: string[] = [];
  for (const secret of secrets) {
    const { store } = onDisk(directory, always(secret));
    const wrong = await store.signer(keyId).then(
      () => false,
      (error: unknown) => error instanceof Error,
    );
    if (!wrong) opened.push(secret);
  }
  return opened;
}

interface Story {
  readonly what: string;
  readonly before: readonly (readonly [name: string, text: string])[];
  readonly act: (keeper: KeyKeeper) => Promise<unknown>;
  /** Must hold after death at any moment. */
  readonly invariant: (directory: string) => Promise<void>;
  /** Must hold after the same command was run again. */
  readonly outcome: (directory: string) => Promise<void>;
}

const keyFile = ({ keyId }: { keyId: string }): string => `${keyId}.key`;

async function expectStore(directory: string, keys: readonly { keyId: KeyId }[]): Promise<void> {
  const { store } = onDisk(directory);
  const { keys: found, unreadable } = await store.survey();
  expect(unreadable).toEqual([]);
  expect(found.map(({ keyId }) => keyId)).toEqual(keys.map(({ keyId }) => keyId).sort());
  for (const { keyId } of keys) expect((await store.signer(keyId)).keyId).toBe(keyId);
}

const stories: readonly Story[] = [
  {
    what: 'importing two keys',
    before: [],
    act: (keeper) => importTexts(keeper, [root.text + targets.text]),
    invariant: async (directory) => {
      const { store } = onDisk(directory);
      const { keys, unreadable } = await store.survey();
      expect(unreadable).toEqual([]);
      for (const { keyId } of keys) expect((await store.signer(keyId)).keyId).toBe(keyId);
    },
    outcome: (directory) => expectStore(directory, [root, targets]),
  },
  {
    what: 'importing a plain key',
    before: [],
    act: (keeper) => importTexts(keeper, [vector('plain-pkcs8-p384').text]),
    invariant: async (directory) => {
      expect((await onDisk(directory).store.survey()).unreadable).toEqual([]);
    },
    outcome: (directory) => expectStore(directory, [vector('plain-pkcs8-p384')]),
  },
  {
    what: 'replacing a key by force',
    before: [[keyFile(alice), withHeader(alice.text, 'role', 'bob')]],
    act: (keeper) => importTexts(keeper, [alice.text], { force: true }),
    invariant: (directory) => expectStore(directory, [alice]),
    outcome: async (directory) => {
      await expectStore(directory, [alice]);
      expect(await openDirectory(directory).list('dct/_archive')).toEqual([keyFile(alice)]);
    },
  },
  {
    what: 'changing a passphrase',
    before: [[keyFile(alice), alice.text]],
    act: async (keeper) => {
      try {
        await keeper.changePassphrase(alice.keyId);
      } catch (error) {
        // The first run got through, and the key no longer has the old one.
        if (!(error instanceof Error && 'code' in error && error.code === 'WRONG_PASSPHRASE')) throw error;
      }
    },
    invariant: async (directory) => {
      expect(await openedBy(directory, alice.keyId, passphrase, newPassphrase)).toHaveLength(1);
    },
    outcome: async (directory) => {
      expect(await openedBy(directory, alice.keyId, passphrase, newPassphrase)).toEqual([newPassphrase]);
    },
  },
  {
    what: 'archiving a key',
    before: [
      [keyFile(alice), alice.text],
      [keyFile(root), root.text],
    ],
    act: async (keeper) => {
      try {
        await keeper.archive(alice.keyId);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'KEY_UNKNOWN')) throw error;
      }
    },
    invariant: async (directory) => {
      const { store } = onDisk(directory);
      const [held] = await store.held([alice.keyId]);
      const archived = await openDirectory(directory).read(`dct/_archive/${keyFile(alice)}`);
      if (held === undefined) expect(Buffer.from(archived ?? []).toString()).toBe(alice.text);
      else expect((await store.signer(held)).keyId).toBe(alice.keyId);
      expect((await store.signer(root.keyId)).keyId).toBe(root.keyId);
    },
    outcome: async (directory) => {
      await expectStore(directory, [root]);
      expect(await openDirectory(directory).list('dct/_archive')).toEqual([keyFile(alice)]);
    },
  },
];

describe.each(stories)('$what', ({ before, act, invariant, outcome }) => {
  const again = (directory: string): Promise<unknown> =>
    act(onDisk(directory, always(passphrase), always(newPassphrase)).keeper);

  it.each([cut, halfWritten, ...refusals])('survives it when $what each operation', async (fault) => {
    const count = await atEveryOperation(fault, async (operations, index) => {
      const directory = await temporaryDirectory();
      for (const [name, text] of before) await place(directory, name, text);
      const files = operations.directory(directory);
      const run = onDisk(directory, always(passphrase), always(newPassphrase), files);
      const failure: unknown = await act(run.keeper).catch((error: unknown) => error);
      const failed = failure instanceof Error;
      if (fault.code === undefined || !operations.struck)
        expect(failed, `after ${index} operations: ${String(failure)}`).toBe(operations.struck);
      else if (failed) expect(isDctError(failure) && failure.family, String(failure)).toBe('disk');
      await invariant(directory);
      await again(directory);
      await outcome(directory);
    });
    expect(count).toBeGreaterThan(5);
  });
});
