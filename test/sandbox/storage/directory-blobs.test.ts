// Content on disk: it survives the process, and nothing half done ever shows.
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestHex, digestOf } from '../../../src/base/digest.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { systemCalls, type WriteCalls } from '../../../src/disk/atomic.ts';
import { directoryBlobs } from '../../../src/sandbox/storage/directory-blobs.ts';
import { temporaryDirectory } from '../../disk/support.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { read, store } from './support.ts';

const content = utf8('what was pushed');
const digest = digestOf(content);
const fileOf = (directory: string): string =>
  join(directory, 'sha256', digestHex(digest).slice(0, 2), digestHex(digest));

describe('a directory of content', () => {
  it('is found again by the next process', async () => {
    const directory = join(await temporaryDirectory(), 'not', 'yet', 'there');
    await store(await directoryBlobs(directory), digest, content);
    const again = await directoryBlobs(directory);
    expect(await again.size(digest)).toBe(content.length);
    expect(await read(again, digest)).toEqual(Buffer.from(content));
  });

  it('holds exactly the content in the file of its digest, and no other file', async () => {
    const directory = await temporaryDirectory();
    const blobs = await directoryBlobs(directory);
    await store(blobs, digest, content);
    await store(blobs, digestOf(utf8('claimed')), utf8('sent'));
    await (await blobs.begin()).abandon();
    expect(new Uint8Array(await readFile(fileOf(directory)))).toEqual(content);
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
    expect(await readdir(join(directory, 'sha256'))).toHaveLength(1);
  });

  it('forgets uploads that the last process did not end', async () => {
    const directory = await temporaryDirectory();
    const upload = await (await directoryBlobs(directory)).begin();
    await upload.append(content);
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(1);
    await directoryBlobs(directory);
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('is healed by pushing what was damaged', async () => {
    const directory = await temporaryDirectory();
    const blobs = await directoryBlobs(directory);
    await store(blobs, digest, content);
    await writeFile(fileOf(directory), 'damaged');
    await store(blobs, digest, content);
    expect(await read(blobs, digest)).toEqual(Buffer.from(content));
  });

  it('is durable before it is visible', async () => {
    const steps: string[] = [];
    const calls: WriteCalls = {
      ...systemCalls,
      sync: async (handle) => {
        await systemCalls.sync(handle);
        steps.push('sync');
      },
      rename: async (from, to) => {
        await systemCalls.rename(from, to);
        steps.push('rename');
      },
      syncDirectory: async (path) => {
        await systemCalls.syncDirectory(path);
        steps.push('sync directory');
      },
    };
    await store(await directoryBlobs(await temporaryDirectory(), calls), digest, content);
    expect(steps).toEqual(['sync', 'rename', 'sync directory']);
  });

  it.each(['sync', 'rename'] as const)('leaves nothing when %s fails', async (step) => {
    const directory = await temporaryDirectory();
    const fail = (): Promise<void> => Promise.reject(Object.assign(new Error(step), { code: 'EIO' }));
    const blobs = await directoryBlobs(directory, { ...systemCalls, [step]: fail });
    expect(await codeOfRejection(store(blobs, digest, content))).toBe('DISK');
    expect(await blobs.size(digest)).toBeUndefined();
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('NM-07: follows no symbolic link', async () => {
    const directory = await temporaryDirectory();
    const blobs = await directoryBlobs(directory);
    await store(blobs, digest, content);
    const elsewhere = digestOf(utf8('elsewhere'));
    const hex = digestHex(elsewhere);
    await mkdir(join(directory, 'sha256', hex.slice(0, 2)), { recursive: true });
    await symlink(fileOf(directory), join(directory, 'sha256', hex.slice(0, 2), hex));
    expect(await blobs.size(elsewhere)).toBeUndefined();
    expect(await codeOfRejection(read(blobs, elsewhere))).toBe('DISK');
  });

  it('NM-07: is not written to through a symbolic link', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'other'));
    const blobs = await directoryBlobs(directory);
    await symlink(join(directory, 'other'), join(directory, 'sha256'));
    expect(await codeOfRejection(store(blobs, digest, content))).toBe('DISK_UNSAFE');
    expect(await readdir(join(directory, 'other'))).toEqual([]);
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('that cannot be made is an error of the disk', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'file'), '');
    expect(await codeOfRejection(directoryBlobs(join(directory, 'file', 'blobs')))).toBe('DISK');
  });
});
