// KS-08: one holder at a time, across processes; a dead holder's lock is taken over, a live one's is not.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { withLock } from '../../src/disk/lock.ts';
import { isDead, thisProcess } from '../../src/disk/process-identity.ts';
import { compiledScript } from './compiled.ts';
import { temporaryDirectory } from './support.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = join(await temporaryDirectory(), 'locks');
  path = join(directory, 'keys.lock');
});

const leave = async (content: string): Promise<void> => {
  await mkdir(directory);
  await writeFile(path, content);
};
const token = 'ab'.repeat(16);
const { pid, birth, place } = await thisProcess();
const owned = (by: { pid?: number; birth?: string; place?: string }): string =>
  `${by.pid ?? pid} ${token} ${by.birth ?? birth} ${by.place ?? place}\n`;

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

test('a process that is killed while it holds the lock does not keep it', async () => {
  const script = await compiledScript(`
    import { withLock } from './src/disk/lock.js';
    await withLock(process.argv[2], () => new Promise(() => {
      process.stdout.write('held');
      setInterval(() => {}, 60_000);
    }));`);
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(withLock(path, () => Promise.resolve(), { waitMs: 0 })).rejects.toMatchObject({
    code: 'LOCKED',
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await withLock(path, () => Promise.resolve('in'), { waitMs: 0 })).toBe('in');
  expect(await readdir(directory)).toEqual([]);
});

test('a lock that was removed by hand and taken by another is not released for him', async () => {
  await withLock(path, () => writeFile(path, owned({ pid: 1 })));
  expect(await readFile(path, 'utf8')).toBe(owned({ pid: 1 }));
});

test('a lock that was removed by hand and by nobody taken needs no release', async () => {
  expect(await withLock(path, () => unlink(path).then(() => 7))).toBe(7);
  expect(await readdir(directory)).toEqual([]);
});

test('without patience nobody waits, however coarse the clock is', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
  const second = () => withLock(path, () => Promise.resolve(), { waitMs: 0 });
  await expect(withLock(path, second)).rejects.toMatchObject({ code: 'LOCKED' });
});

describe('a lock file left behind', () => {
  test('by a process of this host that is dead is taken over', async () => {
    await leave(owned({ pid: await deadPid() }));
    expect(await withLock(path, () => readFile(path, 'utf8'), { waitMs: 0 })).not.toContain(token);
    expect(await readdir(directory)).toEqual([]);
  });

  test.each([
    ['our pid', () => pid],
    ['the pid of a live process', () => process.ppid],
  ])('by an earlier process that had %s is taken over', async (_what, reused) => {
    await leave(owned({ pid: reused(), birth: 'earlier-boot/12345' }));
    expect(await withLock(path, () => Promise.resolve('in'), { waitMs: 0 })).toBe('in');
  });

  test('by processes that died one after the other while they broke it is taken over, with all that they left', async () => {
    const dead = await deadPid();
    const tokens = Array.from({ length: 30 }, (_, n) => String(10 + n).repeat(16));
    await mkdir(directory);
    for (const [n, mine] of tokens.entries()) {
      const broken = tokens[n - 1]?.slice(0, 16);
      const file = broken === undefined ? path : `${path}.${broken}`;
      await writeFile(file, `${dead} ${mine} ${birth} ${place}\n`);
    }
    expect(await withLock(path, () => Promise.resolve('in'), { waitMs: 1000 })).toBe('in');
    expect(await readdir(directory)).toEqual([]);
  });

  test('is broken by one waiter only, and all get their turn', async () => {
    await leave(owned({ pid: await deadPid() }));
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
    ['by a live process', owned({})],
    ['by a live process of another user, of unknown birth', owned({ pid: 1, birth: '-' })],
    [
      'by another host, whose processes nobody here can see',
      owned({ pid: 1, place: 'other.example pid:[1]' }),
    ],
    ['by a process whose birth nobody can tell', owned({ pid: 0 })],
    ['with content that is no owner', 'whatever'],
    ['without content', ''],
  ])('%s is LOCKED after the wait', async (_by, content) => {
    await leave(content);
    await expect(withLock(path, () => Promise.resolve(), { waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
      facts: { file: path },
    });
    expect(await readFile(path, 'utf8')).toBe(content);
  });
});

describe('where no lock can be', () => {
  test.each([
    ['a directory that cannot be made', '/proc/nowhere/locks/_lock', 'DISK'],
    ['a path through a file', '/etc/hostname/_lock', 'DISK'],
  ])('%s is %s', async (_what, impossible, code) => {
    await expect(withLock(impossible, () => Promise.resolve())).rejects.toMatchObject({ code });
  });

  test.each([
    ['a FIFO, without waiting for a writer', () => execFileSync('mkfifo', [path])],
    ['a symbolic link', () => symlink('/etc/hostname', path)],
    ['a directory', () => mkdir(path)],
  ])('NM-07: %s in its place is refused', async (_what, put) => {
    await mkdir(directory);
    await put();
    await expect(withLock(path, () => Promise.resolve())).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
  });
});

describe('a process', () => {
  test('that is asked about itself lives', async () => {
    expect(await isDead(await thisProcess())).toBe(false);
  });

  test.skipIf(process.platform !== 'linux')('is told from a later one with its number', async () => {
    expect((await thisProcess()).birth).toMatch(/^[0-9a-f-]{36}\/\d+$/);
  });
});
