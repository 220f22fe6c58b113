// The life of an entry: who may see it, how long it stays, who removes it, and who looks whether it is still right.
import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import type { Gun } from '../../src/base/reference.ts';
import { systemCalls, type CacheCalls } from '../../src/blob-cache/calls.ts';
import { Scrubber } from '../../src/blob-cache/scrub.ts';
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { blobFile, bytesOf, failing, get, openRig, put, withFaults, type CacheRig } from './support.ts';

const KiB = 1024;

/** The contents numbered `from` to `to`, each of 100 KiB; a second lies between one and the next. */
async function fill({ cache, clock }: CacheRig, from: number, to: number): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (let note = from; note <= to; note++) {
    clock.time += 1000;
    digests.push(await put(cache, bytesOf(100 * KiB, note)));
  }
  return digests;
}

async function present(cache: CacheRig['cache'], digests: readonly Digest[]): Promise<boolean[]> {
  const there: boolean[] = [];
  for (const digest of digests) {
    const blob = await cache.open(digest);
    await blob?.close();
    there.push(blob !== undefined);
  }
  return there;
}

describe('CA-07: the size of the cache', () => {
  it('is kept by removing what was not used for longest', async () => {
    const rig = await openRig({ maxBytes: 450 * KiB });
    const digests = await fill(rig, 1, 4);
    rig.clock.time += 1000;
    await get(rig.cache, digests[0] ?? ('' as Digest));
    digests.push(...(await fill(rig, 5, 5)));
    await expect.poll(() => rig.cache.figures().entries).toBe(4);
    expect(await present(rig.cache, digests)).toEqual([true, false, true, true, true]);
    expect(rig.cache.figures()).toMatchObject({ entries: 4, bytes: 400 * KiB, evicted: 1 });
  });

  it('is kept although one entry cannot be removed', async () => {
    const stuck = blobFile('', digestOf(bytesOf(100 * KiB, 1)));
    const unlink: CacheCalls['unlink'] = (path) =>
      path.endsWith(stuck) ? failing('EPERM')() : systemCalls.unlink(path);
    const rig = await openRig({ maxBytes: 450 * KiB, calls: withFaults({ unlink }) });
    const digests = await fill(rig, 1, 5);
    await expect.poll(() => rig.cache.figures().evicted).toBe(1);
    expect(await present(rig.cache, digests)).toEqual([true, false, true, true, true]);
    expect(rig.lines).toEqual([expect.stringContaining('cannot clean')]);
  });

  it('counts what others put there, by when they used it', async () => {
    const first = await openRig({ maxBytes: 250 * KiB });
    const digests = await fill(first, 1, 2);
    const second = await first.again();
    await expect.poll(() => second.cache.figures().entries).toBe(2);
    digests.push(...(await fill(second, 3, 3)));
    await expect.poll(() => second.cache.figures().evicted).toBe(1);
    expect(await present(first.cache, digests)).toEqual([false, true, true]);
  });

  it('does not break a stream that is under way', async () => {
    const rig = await openRig({ maxBytes: 1000 * KiB });
    const content = bytesOf(900 * KiB, 7);
    const blob = await rig.cache.open(await put(rig.cache, content));
    const parts: Buffer[] = [];
    await blob?.deliver(async (chunk) => {
      if (parts.length === 0) {
        await fill(rig, 1, 3);
        await expect.poll(() => rig.cache.figures().evicted).toBe(1);
      }
      parts.push(Buffer.from(chunk));
    });
    await blob?.close();
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    expect(await rig.cache.open(digestOf(content))).toBeUndefined();
  });

  it('refuses a blob that is larger, announced or not', async () => {
    const { cache, lines } = await openRig({ maxBytes: 50 * KiB });
    const content = bytesOf(60 * KiB);
    expect(await cache.receive(digestOf(content), content.length)).toBeUndefined();
    const file = await cache.receive(digestOf(content), undefined);
    await expect(file?.write(content, 0)).rejects.toMatchObject({ code: 'EFBIG' });
    await file?.discard();
    await file?.close();
    expect(lines).toHaveLength(1);
  });

  it('takes a blob that is exactly as large, announced or not', async () => {
    const content = bytesOf(50 * KiB);
    for (const announced of [content.length, undefined]) {
      const { cache, lines } = await openRig({ maxBytes: content.length });
      const file = await cache.receive(digestOf(content), announced);
      await file?.write(content, 0);
      expect(await file?.keep(content.length)).toBe(true);
      await file?.close();
      expect(lines).toEqual([]);
    }
  });

  it('counts files only: what else lies there has no size of ours', async () => {
    const rig = await openRig();
    const [file, other] = await fill(rig, 1, 2);
    if (file === undefined || other === undefined) throw new Error('nothing was kept');
    await unlink(blobFile(rig.directory, other));
    await mkdir(blobFile(rig.directory, other));
    const { cache } = await rig.again();
    await expect.poll(() => cache.figures()).toMatchObject({ entries: 1, bytes: 100 * KiB });
  });

  it('is kept by uses that are written down once a minute', async () => {
    const touched: number[] = [];
    const rig = await openRig({
      calls: withFaults({ touch: (_path, at) => Promise.resolve(void touched.push(at)) }),
    });
    const [digest] = await fill(rig, 1, 1);
    const began = rig.clock.time;
    for (const later of [0, 59_999, 60_000, 60_001]) {
      rig.clock.time = began + later;
      await present(rig.cache, digest === undefined ? [] : [digest]);
    }
    expect(touched).toEqual([began, began + 60_000]);
  });
});

describe('CA-08: a blob belongs to the repositories that it was seen in', () => {
  const [mine, other] = ['a.test/mine', 'a.test/other'] as [Gun, Gun];

  it('and to no others, also in another process', async () => {
    const rig = await openRig();
    const digest = await put(rig.cache, bytesOf(10));
    await rig.cache.noteSeen(digest, mine);
    const { cache: again } = await rig.again();
    for (const cache of [rig.cache, again]) {
      expect(await cache.wasSeen(digest, mine)).toBe(true);
      expect(await cache.wasSeen(digest, other)).toBe(false);
      expect(await cache.wasSeen(digest, 'a.test/min' as Gun)).toBe(false);
    }
    await again.noteSeen(digest, other);
    expect(await (await rig.again()).cache.wasSeen(digest, mine)).toBe(true);
    expect(await rig.cache.wasSeen(digest, other)).toBe(true);
  });
});

it('CA-08: what is known already is not written again', async () => {
  let written = 0;
  const openNew: CacheCalls['openNew'] = (path) => {
    written++;
    return systemCalls.openNew(path);
  };
  const { cache } = await openRig({ calls: withFaults({ openNew }) });
  const digest = digestOf(bytesOf(10));
  for (const gun of ['a.test/mine', 'a.test/mine', 'a.test/other', 'a.test/mine'] as Gun[])
    await cache.noteSeen(digest, gun);
  expect(written).toBe(2);
});

describe('CA-10: two processes and one directory', () => {
  it('find what the other one kept, and both may keep the same', async () => {
    const first = await openRig();
    const second = await first.again();
    const content = bytesOf(200 * KiB);
    const [digest] = await Promise.all([put(first.cache, content), put(second.cache, content)]);
    for (const { cache } of [first, second]) expect((await get(cache, digest))?.equals(content)).toBe(true);
  });
});

describe('CA-03: the scrub', () => {
  it('finds what has rotted before anybody asks for it', async () => {
    const pace = { withinMs: 1, bytesPerSecond: 1e9, pauseMs: 1 };
    const rig = await openRig();
    const [good, bad] = await fill(rig, 1, 2);
    if (good === undefined || bad === undefined) throw new Error('nothing was kept');
    await rig.cache.close();
    await writeFile(blobFile(rig.directory, bad), bytesOf(100 * KiB, 3));
    const { cache, lines } = await rig.again({ scrub: pace });
    await expect.poll(() => cache.figures().wrong, { timeout: 10_000 }).toBe(1);
    expect(lines.join()).toContain(blobFile(rig.directory, bad));
    expect(await present(cache, [good, bad])).toEqual([true, false]);
  });

  it('goes round for ever, and rests as long as what was read and the time for all ask for', async () => {
    const sizes = new Map([1, 2, 3].map((note) => [digestOf(bytesOf(1, note)), note * 1e6] as const));
    const log: string[] = [];
    const entries = {
      bytes: 6e6,
      digests: () => sizes.keys(),
      check: async (digest: Digest, rest: (bytes: number) => Promise<void>) => {
        log.push(`read ${sizes.get(digest) ?? 0}`);
        await rest(sizes.get(digest) ?? 0);
      },
    };
    const sleep = (milliseconds: number): Promise<void> =>
      Promise.resolve(void log.push(`rest ${milliseconds}`));
    const scrubber = new Scrubber(entries, { withinMs: 3_600_000, bytesPerSecond: 1e6, pauseMs: 100 }, sleep);
    for (let entry = 0; entry < 4; entry++) await scrubber.step();
    expect(log.filter((line) => line !== 'rest 100')).toEqual([
      ...['read 1000000', 'rest 1000', 'read 2000000', 'rest 2000', 'read 3000000', 'rest 3000'],
      ...['read 1000000', 'rest 1000'],
    ]);
    const hurried = new Scrubber(entries, { withinMs: 600, bytesPerSecond: 1, pauseMs: 100 }, sleep);
    await hurried.step();
    expect(log.at(-1)).toBe('rest 100');
  });

  it('of an empty cache looks at nothing', async () => {
    const checked: Digest[] = [];
    const check = (digest: Digest): Promise<void> => Promise.resolve(void checked.push(digest));
    const entries = { bytes: 0, digests: () => [], check };
    const scrubber = new Scrubber(entries, { withinMs: 1, bytesPerSecond: 1, pauseMs: 1 }, () =>
      Promise.resolve(),
    );
    await scrubber.step();
    expect([checked, scrubber.checked]).toEqual([[], 0]);
  });

  it('that is told to stop in the middle of an entry has not looked at it', async () => {
    const rig = await openRig();
    await fill(rig, 1, 1);
    let reads = (): void => undefined;
    const reading = new Promise<void>((resolve) => (reads = resolve));
    const calls = withFaults({
      read: (...given) => {
        reads();
        return systemCalls.read(...given);
      },
    });
    const { cache } = await rig.again({ calls, scrub: { withinMs: 1e9, bytesPerSecond: 1, pauseMs: 1 } });
    await reading;
    await cache.close();
    expect(cache.figures()).toMatchObject({ entries: 1, scrubbed: 0, wrong: 0 });
  });

  it('hides no mistake of ours', async () => {
    const mistake = new Error('a mistake');
    const entries = { bytes: 1, digests: () => [digestOf(bytesOf(1))], check: () => Promise.reject(mistake) };
    const scrubber = new Scrubber(entries, { withinMs: 1, bytesPerSecond: 1, pauseMs: 1 }, () =>
      Promise.resolve(),
    );
    scrubber.start();
    // It has ended by then, and nobody was told yet.
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    await expect(scrubber.stop()).rejects.toBe(mistake);
  });
});
