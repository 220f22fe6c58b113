// Hashes on threads of their own: the same digests, memory that stays as it is meanwhile, and threads that end.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { sharedMemory } from '../../src/base/shared-memory.ts';
import { fc, tries } from '../support/properties.ts';
import { confusedThread, dyingThread, openThreads } from './support.ts';

const MiB = 1024 * 1024;

function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  view.set(bytes);
  return view;
}

describe('on threads', () => {
  it('the digest is the same, however the content is cut, in shared memory or not', async () => {
    const { begin } = await openThreads(2);
    const pieces = fc.array(fc.uint8Array({ minLength: 0, maxLength: 5000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.boolean(),
        fc.constantFrom('sha256', 'sha512'),
        async (parts, isShared, algorithm) => {
          const hash = begin(algorithm, undefined);
          for (const part of parts) await hash.update(isShared ? shared(part) : part);
          expect(await hash.digest()).toBe(digestOf(Buffer.concat(parts), algorithm));
        },
      ),
      tries(50),
    );
  });

  it('many streams at once do not mix', async () => {
    const { begin } = await openThreads(3);
    const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(300_000).fill(i));
    const digests = await Promise.all(
      contents.map(async (content) => {
        const hash = begin('sha256', undefined);
        for (let at = 0; at < content.length; at += 70_001)
          await hash.update(content.subarray(at, at + 70_001));
        return hash.digest();
      }),
    );
    expect(digests).toEqual(contents.map((content) => digestOf(content)));
  });

  it('memory that is changed after a piece was taken, and not before, changes nothing', async () => {
    const { begin } = await openThreads(1);
    const hash = begin('sha256', undefined);
    const piece = shared(new Uint8Array(MiB).fill(1));
    await hash.update(piece);
    piece.fill(2);
    await hash.update(piece);
    const expected = Buffer.concat([new Uint8Array(MiB).fill(1), new Uint8Array(MiB).fill(2)]);
    expect(await hash.digest()).toBe(digestOf(expected));
  });

  it('I7: memory that was hashed is given back when nobody has it any more', async () => {
    const { begin } = await openThreads(1);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let made = 0; made < 1024; made++) {
      const hash = begin('sha256', undefined);
      await hash.update(sharedMemory(MiB));
      await hash.digest();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(most).toBeLessThan(512 * MiB);
  });

  it('a hash that was abandoned leaves the thread to the others', async () => {
    const { begin } = await openThreads(1);
    const left = begin('sha256', undefined);
    void left.update(new Uint8Array(100));
    left.abandon();
    left.abandon();
    const hash = begin('sha256', undefined);
    await hash.update(new Uint8Array(5));
    expect(await hash.digest()).toBe(digestOf(new Uint8Array(5)));
  });

  it('what is small is hashed at once, on the thread that asks', async () => {
    const { begin } = await openThreads(1);
    const hash = begin('sha256', MiB - 1);
    expect(hash.update(new Uint8Array(5))).toBeUndefined();
    expect(hash.digest()).toBe(digestOf(new Uint8Array(5)));
    expect(begin('sha256', MiB).update(new Uint8Array(5))).toBeInstanceOf(Promise);
  });
});

describe('a thread that ends', () => {
  it('fails the hashes that it computes, and never gives them a digest', async () => {
    const { begin, warnings } = await openThreads(1, dyingThread);
    const hash = begin('sha256', undefined);
    await expect(hash.update(new Uint8Array(100))).rejects.toMatchObject({ code: 'BUG' });
    await expect(hash.update(new Uint8Array(100))).rejects.toMatchObject({ code: 'BUG' });
    await expect(hash.digest()).rejects.toMatchObject({ code: 'BUG' });
    expect(warnings).toEqual(['a thread that hashes ended: the thread is broken; 0 are left']);
  });

  it('is made to when it answers what it was not asked, so that no stream gets the digest of another', async () => {
    const { begin, warnings } = await openThreads(1, confusedThread);
    const hashes = [begin('sha256', undefined), begin('sha256', undefined)];
    for (const hash of hashes) await expect(hash.digest()).rejects.toMatchObject({ code: 'BUG' });
    expect(warnings).toEqual(['a thread that hashes ended: it answered what it was not asked; 0 are left']);
  });

  it('leaves new hashes to this one', async () => {
    const { begin } = await openThreads(1, dyingThread);
    await expect(begin('sha256', undefined).update(new Uint8Array(100))).rejects.toThrow();
    const hash = begin('sha256', undefined);
    expect(hash.update(new Uint8Array(5))).toBeUndefined();
    expect(hash.digest()).toBe(digestOf(new Uint8Array(5)));
  });

  it('because nobody needs it any more is no reason to warn', async () => {
    const threads = await openThreads(2);
    const under = threads.begin('sha256', undefined);
    await under.update(new Uint8Array(5));
    await threads.close();
    await expect(under.digest()).rejects.toMatchObject({ code: 'BUG' });
    expect(threads.warnings).toEqual([]);
  });
});
