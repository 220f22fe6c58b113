// CA-02: the disk refuses. The cache then has nothing and keeps nothing, says so once, and never fails whoever uses it.
import { chmod, mkdir, rename, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { makeGun } from '../../src/base/reference.ts';
import { systemCalls, type CacheCalls } from '../../src/blob-cache/calls.ts';
import { openBlobCache } from '../../src/blob-cache/index.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { blobFile, bytesOf, failing, get, leftovers, openRig, put, withFaults } from './support.ts';

const bytes = bytesOf(100_000);
const digest = digestOf(bytes);

/** Closes the file, and says that it could not. */
const closesBadly: CacheCalls['close'] = async (handle) => {
  await handle.close();
  throw Object.assign(new Error('EIO'), { code: 'EIO' });
};

describe('CA-02: a file that cannot be closed', () => {
  it('was read all the same, once and again', async () => {
    const { cache, lines } = await openRig({ calls: withFaults({ close: closesBadly }) });
    await put(cache, bytes);
    for (let time = 0; time < 2; time++) expect(await get(cache, digest)).toEqual(bytes);
    expect(lines).toHaveLength(1);
    expect(cache.figures()).toMatchObject({ failures: 2, wrong: 0 });
  });
});

describe('a system that writes little at a time', () => {
  /** A handle that takes `most` bytes with each call. */
  const writing = (most: number, into: number[]) =>
    ({
      write: (chunk: Uint8Array, at: number, length: number, position: number) => {
        const bytesWritten = Math.min(most, length);
        chunk.subarray(at, at + bytesWritten).forEach((byte, i) => (into[position + i] = byte));
        return Promise.resolve({ bytesWritten });
      },
    }) as unknown as Parameters<CacheCalls['write']>[0];

  it('gets all of it', async () => {
    const into: number[] = [];
    await systemCalls.write(writing(7, into), bytes.subarray(0, 100), 0);
    expect(Buffer.from(into)).toEqual(bytes.subarray(0, 100));
  });

  it('and in the end nothing is a failure', async () => {
    await expect(systemCalls.write(writing(0, []), bytes, 0)).rejects.toThrow('writes nothing');
  });
});

describe('CA-02: while content is received', () => {
  it.each(['ENOSPC', 'EROFS', 'EIO', 'EMFILE', 'EDQUOT'])('no file can be made: %s', async (code) => {
    const { cache, lines } = await openRig({ calls: withFaults({ openNew: failing(code) }) });
    expect(await cache.receive(digest, bytes.length)).toBeUndefined();
    expect(await cache.receive(digest, bytes.length)).toBeUndefined();
    await cache.store(digest, bytes);
    expect(lines).toHaveLength(1);
    expect(cache.figures()).toMatchObject({ entries: 0, failures: 3 });
  });

  it.each(['ENOSPC', 'EIO', 'EDQUOT'])('a write fails: %s', async (code) => {
    const { cache, directory, lines } = await openRig({ calls: withFaults({ write: failing(code) }) });
    const file = await cache.receive(digest, bytes.length);
    await expect(file?.write(bytes, 0)).rejects.toMatchObject({ code });
    await file?.discard();
    await file?.close();
    await cache.store(digest, bytes);
    expect(await leftovers(directory)).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it.each<[string, Partial<CacheCalls>]>([
    ['write', { write: failing('ENOSPC') }],
    ['close', { close: closesBadly }],
    ['rename', { rename: failing('EIO') }],
  ])(
    'where a blob was seen cannot be kept: %s; it is known from memory, and nothing lies about',
    async (_, faults) => {
      const { cache, directory, lines } = await openRig({ calls: withFaults(faults) });
      const gun = makeGun('registry.test', 'team/app');
      await cache.noteSeen(digest, gun);
      expect(await cache.wasSeen(digest, gun)).toBe(true);
      expect(await leftovers(directory)).toEqual([]);
      expect(lines).toHaveLength(1);
    },
  );

  const steps: [string, Partial<CacheCalls>][] = [
    ['fsync of the file', { sync: failing('EIO') }],
    ['rename', { rename: failing('ENOSPC') }],
    ['fsync of the directory', { syncDirectory: failing('EIO') }],
  ];
  it.each(steps)('it cannot be kept: %s', async (_step, faults) => {
    const { cache, directory, lines } = await openRig({ calls: withFaults(faults) });
    const file = await cache.receive(digest, bytes.length);
    await file?.write(bytes, 0);
    expect(await file?.keep(bytes.length)).toBe(false);
    // Whoever reads it still can.
    expect(await file?.read(Buffer.alloc(10), 0)).toBe(10);
    await file?.close();
    expect(await leftovers(directory)).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it('says when it works again, and then what fails next', async () => {
    let broken = true;
    const openNew: CacheCalls['openNew'] = (path) =>
      broken ? failing('ENOSPC')() : systemCalls.openNew(path);
    const { cache, lines } = await openRig({ calls: withFaults({ openNew }) });
    await cache.store(digest, bytes);
    broken = false;
    await cache.store(digest, bytes);
    broken = true;
    await cache.store(digest, bytes);
    expect(lines.map((line) => /no space left|can write again/.exec(line)?.[0])).toEqual([
      'no space left',
      'can write again',
      'no space left',
    ]);
  });
});

describe('CA-02: while content is read', () => {
  it.each(['EIO', 'EMFILE', 'EACCES'])('an entry that cannot be opened is none: %s', async (code) => {
    const rig = await openRig();
    await put(rig.cache, bytes);
    const { cache, lines } = await rig.again({ calls: withFaults({ openRead: failing(code) }) });
    expect(await cache.open(digest)).toBeUndefined();
    expect(lines).toHaveLength(1);
  });

  it('a failing read is an error of the disk', async () => {
    const rig = await openRig();
    await put(rig.cache, bytes);
    const { cache } = await rig.again({ calls: withFaults({ read: failing('EIO') }) });
    await expect(get(cache, digest)).rejects.toMatchObject({ code: 'DISK' });
  });
});

describe('CA-02: while entries are looked at in the background', () => {
  const scrub = { withinMs: 1, bytesPerSecond: 1e9, pauseMs: 1 };

  it.each<{ name: string; faults: Partial<CacheCalls>; told: string }>([
    { name: 'opened', faults: { openRead: failing('EMFILE') }, told: 'cannot open' },
    { name: 'read', faults: { read: failing('EIO') }, told: 'cannot read' },
  ])('one that cannot be $name now is told, and still counts', async ({ faults, told }) => {
    const rig = await openRig();
    await put(rig.cache, bytes);
    const { cache, lines } = await rig.again({ calls: withFaults(faults), scrub });
    await expect.poll(() => cache.figures().scrubbed).toBeGreaterThan(0);
    expect(lines[0]).toContain(told);
    expect(cache.figures()).toMatchObject({ entries: 1, bytes: bytes.length, wrong: 0 });
  });

  it('one that has gone counts no more', async () => {
    const rig = await openRig({ scrub });
    await put(rig.cache, bytes);
    await unlink(blobFile(rig.directory, digest));
    await expect.poll(() => rig.cache.figures()).toMatchObject({ entries: 0, bytes: 0, failures: 0 });
  });
});

describe('CA-02: while room is made', () => {
  const maxBytes = 1.5 * bytes.length;
  const cannotClean = expect.arrayContaining([expect.stringContaining('cannot clean')]) as unknown;

  it('a directory that cannot be read is told, and what lies in it is not taken for gone', async () => {
    const rig = await openRig({ maxBytes });
    await put(rig.cache, bytes);
    const shard = dirname(blobFile(rig.directory, digest));
    await rename(shard, `${shard}.away`);
    await symlink(shard, shard);
    rig.clock.time += 1000;
    await put(rig.cache, bytesOf(bytes.length, 1));
    await expect.poll(() => rig.lines).toEqual(cannotClean);
    expect(rig.cache.figures()).toMatchObject({ entries: 2, evicted: 0 });
  });

  it('an entry that cannot be removed is told, and still counts', async () => {
    const rig = await openRig({ maxBytes, calls: withFaults({ unlink: failing('EIO') }) });
    for (const note of [1, 2, 3]) await put(rig.cache, bytesOf(bytes.length, note));
    await expect.poll(() => rig.lines).toEqual(cannotClean);
    expect(rig.cache.figures()).toMatchObject({ entries: 3, evicted: 0 });
  });
});

describe('CA-11: a directory', () => {
  const silent = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const given = { maxBytes: 1000, clock: { now: () => 0 }, notices: silent };

  it('that everybody may write into is refused', async () => {
    const directory = join(await temporaryDirectory(), 'cache');
    await mkdir(directory);
    await chmod(directory, 0o777);
    await expect(openBlobCache({ ...given, directory })).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
  });

  it('that belongs to another user is refused', async () => {
    const directory = join(await temporaryDirectory(), 'cache');
    await mkdir(directory);
    const uid = vi.spyOn(process, 'getuid').mockReturnValue((process.getuid?.() ?? 0) + 1);
    onTestFinished(() => uid.mockRestore());
    await expect(openBlobCache({ ...given, directory })).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
  });

  it('that cannot be made is an error of the disk', async () => {
    await expect(openBlobCache({ ...given, directory: '/proc/dct-cache' })).rejects.toMatchObject({
      code: 'DISK',
    });
  });
});
