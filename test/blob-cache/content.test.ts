// Content of the cache: verified before it has a name, and looked at again before it is believed.
import { execFileSync } from 'node:child_process';
import {
  link,
  mkdir,
  open,
  readdir,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { systemCalls } from '../../src/blob-cache/calls.ts';
import { blobFile, bytesOf, get, leftovers, openRig, put, withFaults } from './support.ts';

const bytes = bytesOf(300_000);
const digest = digestOf(bytes);

describe('content', () => {
  it('has no name before it is kept, and can be read while it grows', async () => {
    const { cache, directory } = await openRig();
    const file = await cache.receive(digest, bytes.length);
    await file?.write(bytes.subarray(0, 1000), 0);
    expect(await cache.open(digest)).toBeUndefined();
    const into = Buffer.alloc(500);
    expect(await file?.read(into, 500)).toBe(500);
    expect(into.equals(bytes.subarray(500, 1000))).toBe(true);
    await file?.discard();
    await file?.close();
    expect(await leftovers(directory)).toEqual([]);
    expect(await cache.open(digest)).toBeUndefined();
  });

  it.each([0, 1, 65_536, 65_537, 262_144, 262_145, 1_000_000])(
    'of %d bytes comes back as it was',
    async (length) => {
      const rig = await openRig();
      const content = bytesOf(length);
      const name = await put(rig.cache, content);
      const { cache: other } = await rig.again();
      for (const cache of [rig.cache, other]) expect((await get(cache, name))?.equals(content)).toBe(true);
    },
  );

  it('CA-12: has names that mean the same on file systems without letter case, below one directory', async () => {
    const { cache, directory } = await openRig();
    const long = digestOf(bytes, 'sha512');
    const file = await cache.receive(long, bytes.length);
    await file?.write(bytes, 0);
    expect(await file?.keep(bytes.length)).toBe(true);
    await file?.close();
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !/^[a-z0-9._-]+$/.test(name))).toEqual([]);
    expect(
      new Set(await Promise.all(entries.map(async ({ parentPath }) => (await stat(parentPath)).dev))).size,
    ).toBe(1);
  });

  it('CA-11: is for its owner alone', async () => {
    const { cache, directory } = await openRig();
    await put(cache, bytes);
    expect((await stat(blobFile(directory, digest))).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('CA-05: is never kept under the digest of other content', async () => {
    const { cache } = await openRig();
    await expect(cache.store(digest, bytesOf(10, 1))).rejects.toMatchObject({ code: 'BUG' });
    expect(await cache.open(digest)).toBeUndefined();
  });
});

describe('CA-03: content that changed on the disk', () => {
  const changes: [string, (path: string) => Promise<void>][] = [
    ['one bit', (path) => overwrite(path, 150_000, flipped(150_000))],
    ['its last byte', (path) => overwrite(path, bytes.length - 1, flipped(bytes.length - 1))],
    ['a hole', (path) => overwrite(path, 4096, Buffer.alloc(4096))],
    ['cut short', (path) => truncate(path, bytes.length - 1)],
    ['made longer', (path) => truncate(path, bytes.length + 1)],
    ['emptied', (path) => truncate(path, 0)],
    ['replaced', (path) => writeFile(path, 'Malicious data')],
  ];
  it.each(changes)('%s: is never handed over whole, and is removed', async (_name, change) => {
    const rig = await openRig();
    await put(rig.cache, bytes);
    await change(blobFile(rig.directory, digest));
    const blob = await rig.cache.open(digest);
    let handed = 0;
    await expect(blob?.deliver((chunk) => void (handed += chunk.byteLength))).rejects.toMatchObject({
      code: 'CACHED_CONTENT_WRONG',
    });
    await blob?.close();
    expect(handed).toBeLessThan(bytes.length);
    expect(await rig.cache.open(digest)).toBeUndefined();
    expect(rig.lines.join()).toContain('is damaged');
    expect(rig.cache.figures()).toMatchObject({ wrong: 1 });
    // It can be fetched and kept again.
    await put(rig.cache, bytes);
    expect((await get(rig.cache, digest))?.equals(bytes)).toBe(true);
  });

  it('is found as well when it is cut short after it was opened', async () => {
    for (const hashed of [false, true]) {
      const rig = await openRig();
      await put(rig.cache, bytes);
      const { cache } = hashed ? rig : await rig.again();
      const blob = await cache.open(digest);
      await truncate(blobFile(rig.directory, digest), 100);
      await expect(blob?.deliver(() => undefined)).rejects.toMatchObject({ code: 'CACHED_CONTENT_WRONG' });
      await blob?.close();
      expect(await cache.open(digest)).toBeUndefined();
    }
  });

  it('is found in a part of it as well, before a byte of that part leaves', async () => {
    const { cache, directory } = await openRig();
    await put(cache, bytes);
    await overwrite(blobFile(directory, digest), 200_000, flipped(200_000));
    const blob = await cache.open(digest);
    const chunks: Uint8Array[] = [];
    await expect(
      blob?.deliverSpan({ start: 0, end: 10 }, (chunk) => void chunks.push(chunk)),
    ).rejects.toMatchObject({ code: 'CACHED_CONTENT_WRONG' });
    await blob?.close();
    expect(chunks).toEqual([]);
  });
});

describe('ADR 0019: a file is hashed once for as long as nobody touches it', () => {
  /** A disk that, once it has rotted, returns one wrong bit without any sign of a change. */
  function rottingDisk() {
    const disk = { rotten: false };
    const calls = withFaults({
      read: async (handle, into, position) => {
        const length = await systemCalls.read(handle, into, position);
        if (disk.rotten && position === 0) into[7] = (into[7] ?? 0) ^ 1;
        return length;
      },
    });
    return { disk, calls };
  }

  it.each<[string, (path: string) => Promise<void>]>([
    ['new times', (path) => utimes(path, 1, 1)],
    [
      'another file in its place',
      async (path) => {
        await writeFile(`${path}.new`, bytes);
        await rename(`${path}.new`, path);
      },
    ],
  ])('%s have it hashed again', async (_name, touch) => {
    const { disk, calls } = rottingDisk();
    const { cache, directory } = await openRig({ calls });
    await put(cache, bytes);
    disk.rotten = true;
    expect((await get(cache, digest))?.equals(bytes)).toBe(false);
    await touch(blobFile(directory, digest));
    await expect(get(cache, digest)).rejects.toMatchObject({ code: 'CACHED_CONTENT_WRONG' });
  });

  it('a process hashes what it did not write itself', async () => {
    const { disk, calls } = rottingDisk();
    const rig = await openRig();
    await put(rig.cache, bytes);
    disk.rotten = true;
    const { cache: other } = await rig.again({ calls });
    await expect(get(other, digest)).rejects.toMatchObject({ code: 'CACHED_CONTENT_WRONG' });
  });
});

describe('CA-04: what is not a file of ours is not read', () => {
  it.each<[string, (path: string) => unknown]>([
    ['a symbolic link', (path) => rename(path, `${path}.x`).then(() => symlink(`${path}.x`, path))],
    ['a file with two names', (path) => link(path, `${path}.x`)],
    ['a directory', (path) => unlink(path).then(() => mkdir(path))],
    ['a FIFO', (path) => unlink(path).then(() => execFileSync('mkfifo', [path]))],
  ])('%s', async (_name, replace) => {
    const { cache, directory, lines } = await openRig();
    await put(cache, bytes);
    await replace(blobFile(directory, digest));
    expect(await cache.open(digest)).toBeUndefined();
    expect(lines).toHaveLength(1);
  });
});

function flipped(at: number): Buffer {
  return Buffer.from([(bytes[at] ?? 0) ^ 1]);
}

async function overwrite(path: string, position: number, content: Buffer): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(content, 0, content.length, position);
  await handle.close();
}
