// One transfer for everybody: who waits for whom, who gets what, and what is left when it fails.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { systemCalls } from '../../../src/blob-cache/calls.ts';
import { failing, leftovers, withFaults } from '../../blob-cache/support.ts';
import type { BlobScript } from '../scripted-blob.ts';
import { digest, flightRig, gate, isCached, over, pieces, Somebody, whole } from './flights.ts';

const reset = new DctError('CUT_OFF', { origin: 'https://registry.test', problem: 'reset' });
const wrong = [...pieces.slice(0, -1), Buffer.alloc(pieces[0]?.length ?? 0, 'x')];

describe('BL-13: everybody who asks meanwhile', () => {
  it.each([whole.length, undefined])('shares one transfer, and gets all of it (size %s)', async (size) => {
    const { board, blobs, cache } = await flightRig({ size });
    const boarded = Array.from({ length: 20 }, () => board());
    expect(boarded.map(({ joined }) => joined)).toEqual([false, ...Array<boolean>(19).fill(true)]);
    const people = boarded.map(({ flight }) => new Somebody(flight));
    expect(await Promise.all(people.map(({ end }) => end))).toEqual(people.map(() => whole.length));
    for (const { content } of people) expect(content.equals(whole)).toBe(true);
    expect(blobs).toHaveLength(1);
    const [first] = boarded;
    expect(first && (await over(first.flight))).toBe(true);
    expect(await isCached(cache)).toBe(true);
  });

  it('PX-08: is not slowed down by one who does not read, and who gets all of it later', async () => {
    const { board } = await flightRig();
    const { flight } = board();
    const stuck = gate();
    const [slow, fast] = [new Somebody(flight, stuck.closed), new Somebody(flight)];
    expect(await fast.end).toBe(whole.length);
    expect(await over(flight)).toBe(true);
    expect(slow.content.length).toBe(0);
    stuck.open();
    expect(await slow.end).toBe(whole.length);
    expect(slow.content.equals(whole)).toBe(true);
  });

  it('PX-08: the registry is not kept waiting when nobody reads', async () => {
    const { board, cache } = await flightRig({}, { patienceMs: 0 });
    const { flight } = board();
    const stuck = gate();
    const slow = new Somebody(flight, stuck.closed);
    expect(await over(flight)).toBe(true);
    expect(await isCached(cache)).toBe(true);
    stuck.open();
    expect(await slow.end).toBe(whole.length);
  });

  it('who comes late gets everything from the beginning', async () => {
    const half = gate();
    const reached = gate();
    const before = (index: number): Promise<void> | undefined => {
      if (index === 12) reached.open();
      return index === 12 ? half.closed : undefined;
    };
    const { board, blobs } = await flightRig({ before });
    const first = new Somebody(board().flight);
    await reached.closed;
    const { flight, joined } = board();
    const late = new Somebody(flight);
    half.open();
    expect([joined, await first.end, await late.end]).toEqual([true, whole.length, whole.length]);
    expect(late.content.equals(whole)).toBe(true);
    expect(await over(flight)).toBe(true);
    expect(blobs).toHaveLength(1);
  });

  it('CA-05: not across repositories, of which one may be spoilt', async () => {
    const { board, blobs } = await flightRig();
    const flights = ['app', 'other'].map((repository) => board(repository).flight);
    const people = flights.map((flight) => new Somebody(flight));
    expect(await Promise.all(people.map(({ end }) => end))).toEqual([whole.length, whole.length]);
    expect(await Promise.all(flights.map(over))).toEqual([true, true]);
    expect(blobs).toHaveLength(2);
  });
});

describe('BL-05, CA-06: a transfer that fails', () => {
  const failures: [string, Partial<BlobScript>, string][] = [
    ['reset on the way', { pieces: [...pieces.slice(0, 9), reset] }, 'CUT_OFF'],
    ['wrong in its last piece', { pieces: wrong }, 'CONTENT_MISMATCH'],
    ['wrong, of unknown length', { pieces: wrong, size: undefined }, 'CONTENT_MISMATCH'],
    ['too short', { pieces: pieces.slice(0, -1) }, 'CONTENT_MISMATCH'],
    ['reset at once', { pieces: [reset] }, 'CUT_OFF'],
  ];
  it.each(failures)('%s: fails everybody, and nothing is kept', async (_name, script, code) => {
    const rig = await flightRig(script);
    const { flight } = rig.board();
    const stuck = gate();
    const people = [new Somebody(flight), new Somebody(flight), new Somebody(flight, stuck.closed)];
    expect(await Promise.all(people.slice(0, 2).map(({ end }) => end))).toEqual([code, code]);
    stuck.open();
    expect(await people[2]?.end).toBe(code);
    for (const { content } of people) expect(content.length).toBeLessThan(whole.length);
    expect(await over(flight)).toBe(false);
    expect(await isCached(rig.cache)).toBe(false);
    expect(await leftovers(rig.directory)).toEqual([]);
  });

  it('withholds the last byte even of a registry client that does not', async () => {
    const { board, registry, cache } = await flightRig();
    const mismatch = new DctError('CONTENT_MISMATCH', { what: '', property: '', expected: '', actual: '' });
    registry.blobs.set(digest, () => ({
      digest,
      size: whole.length,
      deliver: async (onChunk) => {
        for (const piece of pieces) await onChunk(piece);
        await reader.caughtUp;
        throw mismatch;
      },
      cancel: () => undefined,
    }));
    const { flight } = board();
    const reader = new Somebody(flight, undefined, whole.length - 1);
    expect(await reader.end).toBe('CONTENT_MISMATCH');
    expect(reader.content.length).toBe(whole.length - 1);
    expect(await isCached(cache)).toBe(false);
  });

  it('CA-06: whoever comes while the disk is still busy with it starts anew', async () => {
    const disk = gate();
    const write: typeof systemCalls.write = async (...given) => {
      await disk.closed;
      return systemCalls.write(...given);
    };
    const { board, blobs } = await flightRig(
      { pieces: [...pieces.slice(0, 2), reset] },
      { calls: withFaults({ write }) },
    );
    const { flight } = board();
    const stuck = gate();
    const [first, slow] = [new Somebody(flight), new Somebody(flight, stuck.closed)];
    expect(await first.end).toBe('CUT_OFF');
    const again = board();
    disk.open();
    stuck.open();
    expect(await slow.end).toBe('CUT_OFF');
    expect(again.joined).toBe(false);
    expect(await over(again.flight)).toBe(false);
    expect(blobs).toHaveLength(2);
  });

  it('CA-06: whoever comes in the same tick starts anew', async () => {
    const { board, blobs } = await flightRig({ pieces: [reset] });
    const first = new Somebody(board().flight);
    const again = first.end.then(() => board());
    expect([(await again).joined, await first.end]).toEqual([false, 'CUT_OFF']);
    expect(await over((await again).flight)).toBe(false);
    expect(blobs).toHaveLength(2);
  });

  it('an answer that is none fails everybody', async () => {
    const { board, registry } = await flightRig();
    registry.blobs.delete(digest);
    const { flight } = board();
    const people = [new Somebody(flight), new Somebody(flight)];
    expect(await Promise.all(people.map(({ end }) => end))).toEqual(['BLOB_UNKNOWN', 'BLOB_UNKNOWN']);
  });
});

describe('PX-09: who leaves', () => {
  /** A transfer that stops before one piece until the gate opens. */
  async function stoppedAt(index: number) {
    const [held, reached] = [gate(), gate()];
    const before = (at: number): Promise<void> | undefined => {
      if (at !== index) return undefined;
      reached.open();
      return held.closed;
    };
    const rig = await flightRig({ before });
    const { flight } = rig.board();
    return { ...rig, flight, held, reached: reached.closed };
  }

  it('does not end it for others, not even who came first', async () => {
    const { flight, held, reached } = await stoppedAt(8);
    const [first, second] = [new Somebody(flight), new Somebody(flight)];
    await reached;
    first.leave();
    held.open();
    expect([await first.end, await second.end]).toEqual(['LEFT', whole.length]);
    expect(await over(flight)).toBe(true);
  });

  it('as the last one, ends it', async () => {
    const { flight, reached, blobs, cache, directory } = await stoppedAt(8);
    const only = new Somebody(flight);
    await reached;
    only.leave();
    expect(blobs[0]?.cancellations).toBeGreaterThan(0);
    expect(await isCached(cache)).toBe(false);
    expect(await only.end).toBe('LEFT');
    expect(await over(flight)).toBe(false);
    expect(await leftovers(directory)).toEqual([]);
  });

  it('as the last one, shortly before the end, lets it be finished for the cache', async () => {
    const { flight, held, reached, cache } = await stoppedAt(19);
    const only = new Somebody(flight);
    await reached;
    await expect.poll(() => only.content.length).toBe(18 * 256 * 1024);
    only.leave();
    held.open();
    expect(await over(flight)).toBe(true);
    expect(await isCached(cache)).toBe(true);
  });
});

describe('CA-02: a disk that refuses', () => {
  it('on the way: everybody who is there is served, nothing is kept, others start anew', async () => {
    let writes = 0;
    const calls = withFaults({
      write: (...given) => (++writes > 3 ? failing('ENOSPC')() : systemCalls.write(...given)),
    });
    const rig = await flightRig({}, { calls });
    const { flight } = rig.board();
    const stuck = gate();
    const [slow, fast] = [new Somebody(flight, stuck.closed), new Somebody(flight)];
    await expect.poll(() => rig.lines.length).toBe(1);
    expect(rig.board().joined).toBe(false);
    stuck.open();
    expect([await slow.end, await fast.end]).toEqual([whole.length, whole.length]);
    for (const { content } of [slow, fast]) expect(content.equals(whole)).toBe(true);
    expect(await over(flight)).toBe(false);
    expect(await isCached(rig.cache)).toBe(false);
  });

  it('from the beginning: the first one has the answer, the others ask for their own', async () => {
    const { board, blobs } = await flightRig({}, { calls: withFaults({ openNew: failing('EROFS') }) });
    const { flight } = board();
    const readers = [flight.board(0), flight.board(0)];
    expect(await flight.head).toBeUndefined();
    expect([flight.takeAlone(), flight.takeAlone()]).toEqual([blobs[0], undefined]);
    for (const reader of readers) flight.leave(reader);
    expect(blobs[0]?.cancellations).toBe(0);
  });
});
