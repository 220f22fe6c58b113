// Content by digest, in memory and in a directory: the same promises.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { forms, read, store } from './support.ts';

const pieces = ['one piece, ', 'another piece, ', '', 'the last'].map(utf8);
const content = Buffer.concat(pieces);
const digest = digestOf(content);

describe.each(forms)('content %s', (_, open) => {
  it('is there under its digest once it is finished, and not before', async () => {
    const blobs = await open();
    const upload = await blobs.begin();
    for (const piece of pieces) await upload.append(Uint8Array.from(piece));
    expect(upload.size).toBe(content.length);
    expect(await blobs.size(digest)).toBeUndefined();
    expect(await upload.finish(digest)).toBe(true);
    expect(await blobs.size(digest)).toBe(content.length);
    expect(await read(blobs, digest)).toEqual(content);
  });

  it('may be named by sha512', async () => {
    const blobs = await open();
    const large = randomBytes(600_000);
    const named = digestOf(large, 'sha512');
    expect(await store(blobs, named, large.subarray(0, 1), large.subarray(1))).toBe(true);
    expect(large.equals(await read(blobs, named))).toBe(true);
    expect(await store(blobs, named, large.subarray(1))).toBe(false);
  });

  it('may be empty', async () => {
    const blobs = await open();
    const empty = digestOf(new Uint8Array());
    expect(await store(blobs, empty)).toBe(true);
    expect(await blobs.size(empty)).toBe(0);
    expect(await read(blobs, empty)).toHaveLength(0);
    expect(await read(blobs, empty, { start: 0, end: 0 })).toHaveLength(0);
  });

  it('is refused when it has another digest, and leaves what was there', async () => {
    const blobs = await open();
    await store(blobs, digest, content);
    expect(await store(blobs, digest, utf8('something else'))).toBe(false);
    expect(await read(blobs, digest)).toEqual(content);
    const never = digestOf(utf8('never stored'));
    expect(await store(blobs, never, utf8('something else'))).toBe(false);
    expect(await blobs.size(never)).toBeUndefined();
  });

  it.each([
    [0, 1],
    [0, content.length],
    [5, 6],
    [10, 27],
    [11, 26],
    [content.length - 1, content.length],
    [7, 7],
  ])('is read from byte %i up to byte %i', async (start, end) => {
    const blobs = await open();
    await store(blobs, digest, ...pieces);
    expect(await read(blobs, digest, { start, end })).toEqual(content.subarray(start, end));
  });

  it('comes in pieces when it is large', async () => {
    const blobs = await open();
    const piece = randomBytes(300_000);
    const large = Buffer.concat([piece, piece, piece]);
    await store(blobs, digestOf(large), piece, piece, piece);
    const sizes: number[] = [];
    for await (const chunk of blobs.open(digestOf(large))) sizes.push(chunk.byteLength);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(large.length);
  });

  it('that was pushed twice is there once', async () => {
    const blobs = await open();
    expect(await Promise.all([store(blobs, digest, content), store(blobs, digest, ...pieces)])).toEqual([
      true,
      true,
    ]);
    await blobs.delete(digest);
    expect(await blobs.size(digest)).toBeUndefined();
  });

  it('that is deleted is gone, and may be deleted again', async () => {
    const blobs = await open();
    await store(blobs, digest, content);
    await blobs.delete(digest);
    await blobs.delete(digest);
    expect(await blobs.size(digest)).toBeUndefined();
    await expect(read(blobs, digest)).rejects.toThrow();
  });

  it('that is deleted can be read on by whoever is reading it', async () => {
    const blobs = await open();
    const large = randomBytes(900_000);
    await store(blobs, digestOf(large), large.subarray(0, 400_000), large.subarray(400_000));
    const chunks: Uint8Array[] = [];
    for await (const chunk of blobs.open(digestOf(large))) {
      if (chunks.length === 0) await blobs.delete(digestOf(large));
      chunks.push(chunk);
    }
    expect(large.equals(Buffer.concat(chunks))).toBe(true);
  });

  it('that was abandoned leaves nothing', async () => {
    const blobs = await open();
    const upload = await blobs.begin();
    await upload.append(Uint8Array.from(content));
    await upload.abandon();
    expect(await blobs.size(digest)).toBeUndefined();
    expect(await store(blobs, digest, content)).toBe(true);
  });
});

describe('the bound of memory', () => {
  it('counts finished and unfinished content, and an upload that does not fit may go on when there is room', async () => {
    const blobs = memoryBlobs(10);
    await store(blobs, digestOf(utf8('12345')), utf8('12345'));
    const first = await blobs.begin();
    await first.append(utf8('6789'));
    const second = await blobs.begin();
    expect(await codeOfRejection(second.append(utf8('ab')))).toBe('SANDBOX_FULL');
    await second.append(utf8('a'));
    expect(await codeOfRejection(second.append(utf8('b')))).toBe('SANDBOX_FULL');
    await first.abandon();
    await second.append(utf8('b'));
    expect(await second.finish(digestOf(utf8('ab')))).toBe(true);
  });

  it('counts content once, however often it is pushed, and not any more when it is deleted', async () => {
    const blobs = memoryBlobs(10);
    const five = utf8('12345');
    for (let time = 0; time < 3; time++) expect(await store(blobs, digestOf(five), five)).toBe(true);
    expect(await store(blobs, digestOf(five), utf8('wrong'))).toBe(false);
    await blobs.delete(digestOf(five));
    expect(await store(blobs, digestOf(utf8('1234567890')), utf8('1234567890'))).toBe(true);
  });
});
