// CA-02: the disk refuses. The cache then has nothing and keeps nothing, says so once, and never fails whoever uses it.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { makeGun } from '../../src/base/reference.ts';
import { systemCalls, type CacheCalls } from '../../src/blob-cache/calls.ts';
import { openBlobCache } from '../../src/blob-cache/index.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { bytesOf, failing, get, leftovers, openRig, put, withFaults } from './support.ts';

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

describe('CA-11: a directory', () => {
  const silent = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const given = { maxBytes: 1000, clock: { now: () => 0 }, notices: silent };

  it('that everybody may write into is refused', async () => {
    const directory = join(await temporaryDirectory(), 'cache');
    await mkdir(directory);
    await chmod(directory, 0o777);
    await expect(openBlobCache({ ...given, directory })).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
  });

  it('that cannot be made is an error of the disk', async () => {
    await expect(openBlobCache({ ...given, directory: '/proc/dct-cache' })).rejects.toMatchObject({
      code: 'DISK',
    });
  });
});
