// KS-08: one holder at a time, across processes; a dead holder's lock is taken over, a live one's is not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { withLock } from '../../src/disk/lock.ts';
import { compiledScript } from './compiled.ts';
import { temporaryDirectory } from './support.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = join(await temporaryDirectory(), 'locks');
  path = join(directory, 'keys.lock');
});

const leave = async (owner: string): Promise<void> => {
  await mkdir(directory);
  await writeFile(path, owner);
};
const token = 'ab'.repeat(16);

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

test('answers with the result, passes errors on, and leaves no file behind either way', async () => {
  expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
  await expect(withLock(path, () => Promise.reject(new Error('inner')))).rejects.toThrow('inner');
  expect(await readdir(directory)).toEqual([]);
});

test('two holders never overlap', async () => {
  let inside = 0;
  const order: number[] = [];
  const work = (i: number) => () =>
    new Promise<void>((resolve) => {
      order.push(i);
      expect(++inside).toBe(1);
      setImmediate(() => {
        inside--;
        resolve();
      });
    });
  await Promise.all(Array.from({ length: 8 }, (_, i) => withLock(path, work(i))));
  expect(order.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('processes that count in one file under the lock lose no step', async () => {
  const counter = join(await temporaryDirectory(), 'counter');
  await writeFile(counter, '0');
  const script = await compiledScript(`
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withLock } from './src/disk/lock.js';
    const [, , path, counter] = process.argv;
    for (let i = 0; i < 10; i++)
      await withLock(path, async () => {
        const value = Number(readFileSync(counter, 'utf8'));
        await new Promise(setImmediate);
        writeFileSync(counter, String(value + 1));
      });`);
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, [script, path, counter], { stdio: 'inherit' }),
  );
  expect(await Promise.all(children.map((child) => once(child, 'exit')))).toEqual([
    [0, null],
    [0, null],
    [0, null],
  ]);
  expect(await readFile(counter, 'utf8')).toBe('30');
});

describe('a lock file left behind', () => {
  test('by a process of this host that is dead is taken over', async () => {
    await leave(`${await deadPid()} ${token} ${hostname()}\n`);
    expect(await withLock(path, () => readFile(path, 'utf8'), { waitMs: 0 })).not.toContain(token);
    expect(await readdir(directory)).toEqual([]);
  });

  test('by an earlier process that had our pid is taken over', async () => {
    await leave(`${process.pid} ${token} ${hostname()}\n`);
    expect(await withLock(path, () => Promise.resolve('in'), { waitMs: 0 })).toBe('in');
  });

  test('is broken by one waiter only, and all get their turn', async () => {
    await leave(`${await deadPid()} ${token} ${hostname()}\n`);
    let inside = 0;
    const work = async (): Promise<void> => {
      expect(++inside).toBe(1);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(path, work)));
    expect(await readdir(directory)).toEqual([]);
  });

  test.each([
    ['by a live process', () => `${process.ppid} ${token} ${hostname()}\n`],
    ['by another host, whose processes nobody here can see', () => `1 ${token} other.example\n`],
    ['with content that is no owner', () => 'whatever'],
  ])('%s is LOCKED after the wait', async (_by, owner) => {
    await leave(owner());
    await expect(withLock(path, () => Promise.resolve(), { waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
      facts: { file: path },
    });
    expect(await readFile(path, 'utf8')).toBe(owner());
  });
});
