// KS-07: a write that fails or dies at any step leaves the old content or the new one, whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { systemCalls, type WriteCalls } from '../../src/disk/atomic.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { compiledScript } from './compiled.ts';
import { temporaryDirectory } from './support.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const failing = (code: string) => () => Promise.reject(failure(code));

const beforeTheName: readonly [string, Partial<WriteCalls>, string][] = [
  ['open', { openNew: failing('EMFILE') }, 'too many open files'],
  ['write', { write: failing('ENOSPC') }, 'no space left on the disk'],
  [
    'write, half way',
    {
      write: async (handle, bytes) => {
        await handle.writeFile(bytes.subarray(0, 1));
        throw failure('ENOSPC');
      },
    },
    'no space left on the disk',
  ],
  ['fsync', { sync: failing('EIO') }, 'input/output error'],
  [
    'close',
    {
      openNew: async (path) => {
        const handle = await systemCalls.openNew(path);
        const close = handle.close.bind(handle);
        handle.close = () => close().then(failing('EDQUOT'));
        return handle;
      },
    },
    'the disk quota is used up',
  ],
];

describe('replacing', () => {
  test.each([...beforeTheName, ['rename', { rename: failing('EACCES') }, 'permission denied'] as const])(
    'a failure of %s leaves the old content and nothing else',
    async (_step, fault, problem) => {
      const root = await temporaryDirectory();
      await openDirectory(root).write('x', utf8('old'));
      const broken = openDirectory(root, { ...systemCalls, ...fault });
      await expect(broken.write('x', utf8('new'))).rejects.toMatchObject({
        code: 'DISK',
        facts: { problem },
      });
      expect(Buffer.from((await broken.read('x')) ?? []).toString()).toBe('old');
      expect(await readdir(root)).toEqual(['x']);
    },
  );

  test('a temporary file that cannot be removed hides neither the first failure nor the old content', async () => {
    const root = await temporaryDirectory();
    await openDirectory(root).write('x', utf8('old'));
    const broken = openDirectory(root, {
      ...systemCalls,
      rename: failing('EACCES'),
      unlink: failing('EIO'),
    });
    await expect(broken.write('x', utf8('new'))).rejects.toMatchObject({
      code: 'DISK',
      facts: { problem: 'permission denied' },
    });
    expect(Buffer.from((await broken.read('x')) ?? []).toString()).toBe('old');
  });

  test('a failure to sync the directory is reported; the new content is whole', async () => {
    const root = await temporaryDirectory();
    const broken = openDirectory(root, { ...systemCalls, syncDirectory: failing('EIO') });
    await openDirectory(root).write('x', utf8('old'));
    await expect(broken.write('x', utf8('new'))).rejects.toMatchObject({ code: 'DISK' });
    expect(Buffer.from((await broken.read('x')) ?? []).toString()).toBe('new');
  });
});

describe('syncing a directory', () => {
  test.each([
    ['EIO', false],
    ['ENOSPC', false],
    // Some network file systems order names by themselves.
    ['EINVAL', true],
  ])('%s', async (code, isFine) => {
    const root = await temporaryDirectory();
    const handle = await open(root);
    await handle.close();
    const handles = Object.getPrototypeOf(handle) as FileHandle;
    const sync = vi.spyOn(handles, 'sync').mockRejectedValue(failure(code));
    onTestFinished(() => sync.mockRestore());
    const outcome = await systemCalls.syncDirectory(root).catch((error: unknown) => error);
    expect([sync.mock.calls.length, outcome]).toEqual([1, isFine ? undefined : failure(code)]);
  });
});

describe('creating', () => {
  test.each([...beforeTheName, ['link', { link: failing('EACCES') }, 'permission denied'] as const])(
    'a failure of %s leaves no file at all',
    async (_step, fault, problem) => {
      const root = await temporaryDirectory();
      const broken = openDirectory(root, { ...systemCalls, ...fault });
      await expect(broken.create('x', utf8('new'))).rejects.toMatchObject({
        code: 'DISK',
        facts: { problem },
      });
      expect(await readdir(root)).toEqual([]);
    },
  );

  describe('on a file system without hard links', () => {
    const noLinks = { ...systemCalls, link: failing('EPERM') };

    test('works all the same, and still refuses a taken name', async () => {
      const root = await temporaryDirectory();
      const files = openDirectory(root, noLinks);
      await files.create('x', utf8('first'));
      await expect(files.create('x', utf8('second'))).rejects.toMatchObject({ code: 'KEY_EXISTS' });
      expect(Buffer.from((await files.read('x')) ?? []).toString()).toBe('first');
      expect(await readdir(root)).toEqual(['x']);
    });

    test('a failure of rename gives the name back', async () => {
      const root = await temporaryDirectory();
      const files = openDirectory(root, { ...noLinks, rename: failing('EIO') });
      await expect(files.create('x', utf8('new'))).rejects.toMatchObject({ code: 'DISK' });
      expect(await readdir(root)).toEqual([]);
    });
  });
});

test('a process killed in the middle of its writes leaves one whole version', async () => {
  const root = await temporaryDirectory();
  const files = openDirectory(root);
  const versions = new Set(['a', 'b'].map((letter) => letter.repeat(300_000)));
  const writer = await compiledScript(`
    import { openDirectory } from './src/disk/files.js';
    const files = openDirectory(process.argv[2]);
    for (let round = 0; ; round++) {
      await files.write('sub/x', Buffer.alloc(300_000, round % 2 === 0 ? 'a' : 'b'));
      process.stdout.write('.');
    }`);
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [writer, root], { stdio: ['ignore', 'pipe', 'inherit'] });
    // It speaks once a write; the kill falls somewhere into one of those after that.
    for (let heard = 0; heard <= round; heard++) await once(child.stdout, 'data');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const content = Buffer.from((await files.read('sub/x')) ?? []).toString();
    expect(versions.has(content), `round ${round}: ${content.length} bytes`).toBe(true);
    expect(await files.list('sub')).toEqual(['x']);
  }
});
