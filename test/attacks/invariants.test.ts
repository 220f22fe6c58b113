// The shared check notices what it is there for: each invariant, broken once.
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import type { Decision } from '../../src/proxy/index.ts';
import {
  expectDiscreet,
  expectReasons,
  expectStateKept,
  expectTelling,
  watchHeld,
  withinBudget,
} from './invariants.ts';

const gun = 'registry.test/app';
const targets = `tuf/${gun}/metadata/targets.json`;
const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'; // of "x"

/** A trust directory with targets of this version in the ledger, and these files. */
function directory(version: number, files: Record<string, string> = {}, keys = 'a'): MemoryFiles {
  const memory = new MemoryFiles();
  const roles = { targets: { version, sha256, keys } };
  const ledger = { root: { version: 1, sha256 }, roles };
  for (const [name, text] of Object.entries({
    [`dct/${gun}/_ledger.json`]: JSON.stringify(ledger),
    ...files,
  }))
    memory.contents.set(name, Buffer.from(text));
  return memory;
}

describe('I1, I2, I6: a trust directory', () => {
  test.each<[string, MemoryFiles, MemoryFiles]>([
    ['nothing changed', directory(2), directory(2)],
    ['what was verified is stored', directory(2), directory(3, { [targets]: 'x' })],
    ['versions begin anew under other keys', directory(2), directory(1, {}, 'b')],
  ])('passes: %s', (_what, before, after) => {
    expect(() => expectStateKept(before, after)).not.toThrow();
  });

  const forgetful = directory(2);
  forgetful.contents.set(`dct/${gun}/_ledger.json`, Buffer.from('{"root":{"version":1},"roles":{}}'));
  test.each<[string, MemoryFiles, MemoryFiles]>([
    ['other bytes are stored than were verified', directory(2), directory(2, { [targets]: 'y' })],
    ['a version goes back', directory(2), directory(1)],
    ['a role is forgotten', directory(2), forgetful],
    ['a temporary file is left', directory(2), directory(2, { [`${targets}.tmp`]: 'x' })],
    ['a file is beside the directory', directory(2), directory(2, { '../elsewhere.json': 'x' })],
  ])('does not pass: %s', (_what, before, after) => {
    expect(() => expectStateKept(before, after)).toThrow(/I[126]/);
  });
});

describe('I8: what a proxy decided', () => {
  const asked = { at: 0, client: '127.0.0.1', method: 'GET', route: 'tag', verdict: 'refused' } as const;
  const reason = 'NOT_SIGNED';
  const message = 'registry.test/app:v1 is not signed';

  test.each<[string, Decision]>([
    ['no reason', { ...asked, message }],
    ['no sentence', { ...asked, reason }],
    ['no more than the code', { ...asked, reason, message: reason }],
  ])('does not pass: %s', (_what, wrong) => {
    expect(() => expectReasons([{ ...asked, reason, message }, wrong])).toThrow(/I8/);
  });

  test('passes: what says why, and what was served or not waited for', () => {
    const others = (['served', 'left'] as const).map((verdict) => ({ ...asked, verdict }));
    expect(() => expectReasons([{ ...asked, reason, message }, ...others])).not.toThrow();
  });
});

describe('I5: what was said', () => {
  test.each([
    'Authorization: Basic bWU6aGlkZGVu',
    'Bearer abcdefgh.ijkl',
    '-----BEGIN EC PRIVATE KEY-----',
    'it is hidden',
  ])('%s', (line) => {
    expect(() => expectDiscreet(['harmless', line], ['hidden'])).toThrow(/I5/);
  });

  test('harmless lines', () => {
    expect(() => expectDiscreet(['Basic realm="dct proxy"', 'a PRIVATE matter'], ['hidden'])).not.toThrow();
  });
});

describe('I6: what is open', () => {
  const file = fileURLToPath(import.meta.url);

  test('passes: what was closed again, if only in a moment', async () => {
    const { expectReleased } = watchHeld();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const handle = await open(file);
    setImmediate(() => server.close());
    setImmediate(() => void handle.close());
    await expectReleased();
  });

  test.each<[string, () => Promise<() => unknown>]>([
    [
      'a socket',
      async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        return () => server.close();
      },
    ],
    [
      'a file',
      async () => {
        const handle = await open(file);
        return () => handle.close();
      },
    ],
  ])('does not pass: %s', async (_what, leave) => {
    const { expectReleased } = watchHeld(50);
    const close = await leave();
    await expect(expectReleased()).rejects.toThrow(/I6/);
    await close();
  });
});

test('I7: more than the budget', async () => {
  let held: Uint8Array | undefined;
  await expect(
    withinBudget(() => Promise.resolve((held = new Uint8Array(65 * 1024 * 1024)).byteLength)),
  ).rejects.toThrow(/I7/);
  expect(held?.byteLength).toBeGreaterThan(0);
  // The next test's beginning is not to count it.
  held = undefined;
});

test('I7: what was held in between counts, and garbage does not', () => {
  const { look, expectBounded } = watchHeld();
  for (let i = 0; i < 4; i++) {
    new Uint8Array(40 * 1024 * 1024).fill(1);
    look();
  }
  expectBounded();
  const hold = (bytes: Uint8Array): void => {
    look();
    expect(bytes.byteLength).toBeGreaterThan(0);
  };
  hold(new Uint8Array(65 * 1024 * 1024));
  expect(expectBounded).toThrow(/I7/);
});

describe('I8: errors', () => {
  test('one of ours, with its facts', () => {
    const error = new DctError('ROLLBACK', { gun, role: 'targets', trusted: 7, offered: 6 });
    expect(() => expectTelling(error)).not.toThrow();
    error.message = 'something went wrong';
    expect(() => expectTelling(error)).toThrow(/I8/);
  });

  test('a foreign one is thrown on', () => {
    expect(() => expectTelling(new TypeError('x is undefined'))).toThrow(TypeError);
  });
});
