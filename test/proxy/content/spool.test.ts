// What is held in memory of a blob that is being received: never what nobody needs, always what cannot be read elsewhere.
import { describe, expect, it, onTestFinished } from 'vitest';
import { giveBuffer, takeBuffer, type Incoming } from '../../../src/blob-cache/index.ts';
import { Bell } from '../../../src/proxy/content/bell.ts';
import { Spool, type Reader } from '../../../src/proxy/content/spool.ts';

const example = takeBuffer();
const pieceBytes = example.byteLength;
giveBuffer(example);
const most = 4;
const bytesOf = (pieces: number): Uint8Array => Buffer.alloc(pieces * pieceBytes, 'content');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A file whose writes wait, one after the other, until each is let through or refused. */
class GatedFile implements Incoming {
  writes = 0;
  readonly reads: number[] = [];
  /** What it answers to reads. */
  length = Infinity;
  #end: ((error?: Error) => void) | undefined;
  #isOpen = false;

  write(): Promise<void> {
    this.writes++;
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve, reject) => (this.#end = (error) => (error ? reject(error) : resolve())));
  }

  async settle(error?: Error): Promise<void> {
    await turn();
    this.#end?.(error);
    await turn();
  }

  async open(): Promise<void> {
    this.#isOpen = true;
    await this.settle();
  }

  read(into: Uint8Array, position: number): Promise<number> {
    this.reads.push(position);
    return Promise.resolve(Math.min(into.byteLength, this.length));
  }

  keep = (): Promise<boolean> => Promise.resolve(true);
  discard = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}

/** A spool that has taken so many pieces, for readers at these places. */
async function rig(pieces: number, ...positions: number[]) {
  const file = new GatedFile();
  const bell = new Bell();
  const given = new AbortController();
  const readers = positions.map((position): Reader => ({ position: position * pieceBytes }));
  let isBroken = false;
  const spool = new Spool(file, {
    bell,
    readers: new Set(readers),
    signal: given.signal,
    patienceMs: 2 ** 30,
    onBroken: () => (isBroken = true),
  });
  onTestFinished(async () => {
    given.abort();
    bell.ring();
    await file.open();
    await spool.flush();
    await spool.close();
  });
  await spool.take(bytesOf(pieces));
  /** Whether there is room for one byte more now. */
  const more = (): { taken: boolean } => {
    const state = { taken: false };
    Promise.resolve(spool.take(bytesOf(1).subarray(0, 1))).then(
      () => (state.taken = true),
      () => undefined,
    );
    return state;
  };
  return { file, bell, spool, readers, more, isBroken: () => isBroken };
}

describe('PX-08: memory', () => {
  it.each([
    ['nobody reads', []],
    ['one is slow, and another has read all of it', [0, most]],
  ])('holds so many pieces, and gives the oldest up once it is in the file: %s', async (_who, positions) => {
    const { file, more } = await rig(most, ...positions);
    const next = more();
    await turn();
    expect(next.taken).toBe(false);
    await file.settle();
    expect(next.taken).toBe(true);
  });

  it('serves a slow reader as long as there is room', async () => {
    const { file, spool, readers, more } = await rig(most - 1, 0, most - 1);
    await file.open();
    expect(more()).toEqual({ taken: false });
    await turn();
    for (const reader of readers.slice(0, 1)) await spool.send(reader, pieceBytes, () => undefined);
    expect([file.reads, readers[0]?.position]).toEqual([[], pieceBytes]);
  });
});

describe('CA-02: a file that takes no more', () => {
  const refusal = new Error('ENOSPC');

  it('is not written to again, and has not all of it', async () => {
    const { file, spool, isBroken } = await rig(2);
    await file.settle(refusal);
    await file.open();
    expect([await spool.flush(), file.writes, isBroken()]).toEqual([false, 1, true]);
  });

  it('holds nothing up when nobody is behind', async () => {
    const { file, more } = await rig(most, most);
    const next = more();
    await file.settle(refusal);
    expect(next.taken).toBe(true);
  });

  it('keeps memory from being given up, of what it has as well, while somebody is behind', async () => {
    const { file, bell, spool, readers, more } = await rig(most, 0, most);
    await file.settle();
    await file.settle(refusal);
    const next = more();
    await turn();
    expect(next.taken).toBe(false);
    for (const reader of readers.slice(0, 1)) await spool.send(reader, pieceBytes, () => undefined);
    bell.ring();
    await turn();
    expect([next.taken, file.reads]).toEqual([true, []]);
  });
});

it('a file that became shorter is a defect, and nothing is made of it', async () => {
  const { file, spool, readers, more } = await rig(most, 0, most);
  const next = more();
  await file.settle();
  expect(next.taken).toBe(true);
  file.length = 0;
  const sent: Uint8Array[] = [];
  const [slow = { position: 0 }] = readers;
  await expect(spool.send(slow, pieceBytes, (chunk) => void sent.push(chunk))).rejects.toMatchObject({
    code: 'BUG',
  });
  expect([file.reads, sent]).toEqual([[0], []]);
});
