// CA-01: the process is killed at every single operation; afterwards each blob is absent or right, and nothing is left over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { sweepLeftovers } from '../../src/blob-cache/leftovers.ts';
import { compiledScript } from '../disk/compiled.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { bytesOf, get, leftovers, openRig } from './support.ts';

const bytes = bytesOf(100_000);
const digest = digestOf(bytes);

/** Keeps one blob, and is killed before its Nth call of the system; it exits with 0 when there are fewer. */
const writer = `
  import { openBlobCache } from './src/blob-cache/index.js';
  import { systemCalls } from './src/blob-cache/calls.js';
  const [directory, killAt] = [process.argv[2], Number(process.argv[3])];
  let count = 0;
  const calls = Object.fromEntries(Object.entries(systemCalls).map(([name, call]) => [name, (...given) => {
    if (name !== 'touch' && count++ === killAt) process.kill(process.pid, 'SIGKILL');
    return call(...given);
  }]));
  const silent = () => undefined;
  const notices = { warn: silent, info: silent, debug: silent };
  const cache = await openBlobCache({ directory, maxBytes: 1e9, clock: Date, notices, calls });
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) % 251));
  const digest = '${digest}';
  const file = await cache.receive(digest, bytes.length);
  await file.write(bytes.subarray(0, 60_000), 0);
  await file.write(bytes.subarray(60_000), 60_000);
  await file.keep(bytes.length);
  await file.close();
  await cache.close();
`;

it('CA-01: kill -9 at any operation leaves a blob that is whole or absent, and no leftovers', async () => {
  const script = await compiledScript(writer, ['src/base', 'src/disk', 'src/blob-cache']);
  const root = await temporaryDirectory();
  const ends = await Promise.all(
    Array.from({ length: 8 }, async (_, killAt) => {
      const directory = join(root, String(killAt));
      const child = spawn(process.execPath, [script, directory, String(killAt)], { stdio: 'inherit' });
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      const { cache } = await openRig({ directory });
      expect(await leftovers(directory)).toEqual([]);
      expect(await readdir(join(directory, 'incoming'))).toHaveLength(1);
      const found = await get(cache, digest);
      if (found !== undefined) expect(found.equals(bytes)).toBe(true);
      return { end: signal ?? code, kept: found !== undefined };
    }),
  );
  // openNew, write, write, sync and rename come before the name; the directory's sync and a look at the file after it.
  expect(ends).toEqual([
    ...Array.from({ length: 5 }, () => ({ end: 'SIGKILL', kept: false })),
    ...Array.from({ length: 2 }, () => ({ end: 'SIGKILL', kept: true })),
    { end: 0, kept: true },
  ]);
});

it('CA-10: what a process leaves unfinished when it ends is removed by the next one', async () => {
  const unfinished = `
    import { openBlobCache } from './src/blob-cache/index.js';
    const notices = { warn: console.error, info: console.error, debug: console.error };
    const cache = await openBlobCache({ directory: process.argv[2], maxBytes: 1e9, clock: Date, notices });
    const file = await cache.receive('${digest}', 100_000);
    await file.write(Buffer.alloc(60_000), 0);
    await cache.close();
    process.exit(0);
  `;
  const script = await compiledScript(unfinished, ['src/base', 'src/disk', 'src/blob-cache']);
  const directory = join(await temporaryDirectory(), 'cache');
  const child = spawn(process.execPath, [script, directory], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await leftovers(directory)).toHaveLength(1);
  await openRig({ directory });
  expect(await leftovers(directory)).toEqual([]);
  expect(await readdir(join(directory, 'incoming'))).toHaveLength(1);
});

it('CA-10: files of a process that lives are left alone; those that nobody owns, when they are old', async () => {
  const rig = await openRig();
  const file = await rig.cache.receive(digest, undefined);
  await file?.write(bytes, 0);
  const incoming = join(rig.directory, 'incoming');
  await writeFile(join(incoming, 'feedfeedfeedfeed.0'), 'fresh');
  await writeFile(join(incoming, 'beefbeefbeefbeef.0'), 'old');
  await utimes(join(incoming, 'beefbeefbeefbeef.0'), 1, 1);
  await rig.again();
  expect(await leftovers(rig.directory)).toHaveLength(2);
  expect(await file?.keep(bytes.length)).toBe(true);
  await file?.close();
  expect((await get(rig.cache, digest))?.equals(bytes)).toBe(true);
  expect(await leftovers(rig.directory)).toEqual(['feedfeedfeedfeed.0']);
});

describe('CA-10: what lies among the files on their way', () => {
  const day = 24 * 3600 * 1000;
  it.each<{ name: string; file: string; age: number; stays: boolean }>([
    { name: 'a file without an owner that nobody changed for a day', file: 'feed.0', age: day, stays: true },
    { name: 'the same, a moment later', file: 'feed.0', age: day + 1, stays: false },
    { name: 'an owner that cannot be read', file: 'feed.owner', age: 0, stays: true },
    { name: 'the same, a day later', file: 'feed.owner', age: day + 1, stays: false },
  ])('$name: stays $stays', async ({ file, age, stays }) => {
    const directory = await temporaryDirectory();
    const path = join(directory, file);
    await writeFile(path, 'no owner');
    const changed = 1_700_000_000_000;
    await utimes(path, changed / 1000, changed / 1000);
    await sweepLeftovers(directory, changed + age);
    expect(await readdir(directory)).toEqual(stays ? [file] : []);
  });
});
