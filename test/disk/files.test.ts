// Files below one directory: modes, names, and everything that must not be read or written.
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { limits } from '../../src/base/limits.ts';
import type { Files } from '../../src/base/ports.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { leftoversBelow } from '../../src/disk/leftovers.ts';
import { temporaryDirectory } from './support.ts';

let root: string;
let files: Files;

beforeEach(async () => {
  root = join(await temporaryDirectory(), 'trust');
  files = openDirectory(root);
});

const text = async (path: string): Promise<string | undefined> => {
  const bytes = await files.read(path);
  return bytes && Buffer.from(bytes).toString();
};

describe('writing', () => {
  test('makes the root and every directory on the way, 0700, and the file 0600', async () => {
    await files.write('a/b/c.json', utf8('one'));
    expect(await text('a/b/c.json')).toBe('one');
    for (const path of ['', 'a', 'a/b']) expect((await stat(join(root, path))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/b/c.json'))).mode & 0o777).toBe(0o600);
  });

  test.each([0o000, 0o022, 0o277, 0o777])('the umask %o changes none of these modes', async (mask) => {
    const before = process.umask(mask);
    try {
      await files.write('a/b', utf8('one'));
      await files.create('a/c', utf8('two'));
    } finally {
      process.umask(before);
    }
    for (const path of ['', 'a']) expect((await stat(join(root, path))).mode & 0o777).toBe(0o700);
    for (const path of ['a/b', 'a/c']) expect((await stat(join(root, path))).mode & 0o777).toBe(0o600);
  });

  test('replaces what was there, whatever its mode was', async () => {
    await files.write('x', utf8('old'));
    await chmod(join(root, 'x'), 0o644);
    await files.write('x', utf8('new'));
    expect(await text('x')).toBe('new');
    expect((await stat(join(root, 'x'))).mode & 0o777).toBe(0o600);
  });

  test('a name of 255 bytes leaves room for the temporary file', async () => {
    await files.write('n'.repeat(255), utf8('long'));
    expect(await text('n'.repeat(255))).toBe('long');
  });

  test('replacing a hard link leaves its other name alone (KS-06)', async () => {
    await files.write('x', utf8('old'));
    await link(join(root, 'x'), join(root, '..', 'other'));
    await files.write('x', utf8('new'));
    expect(await readFile(join(root, '..', 'other'), 'utf8')).toBe('old');
  });

  test('create refuses a taken name and leaves its content', async () => {
    await files.create('k', utf8('first'));
    await expect(files.create('k', utf8('second'))).rejects.toMatchObject({
      code: 'KEY_EXISTS',
      facts: { file: join(root, 'k') },
    });
    expect(await text('k')).toBe('first');
    expect(await readdir(root)).toEqual(['k']);
  });

  test('create refuses a name taken by a dangling symbolic link', async () => {
    await mkdir(root);
    await symlink('/nonexistent/target', join(root, 'k'));
    await expect(files.create('k', utf8('x'))).rejects.toMatchObject({ code: 'KEY_EXISTS' });
  });

  test('of many writers at once exactly one creates', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => files.create('k', utf8(`writer ${i}`))),
    );
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await text('k')).toBe(`writer ${winner}`);
  });
});

describe('reading, listing, removing', () => {
  test('what is not there is undefined, an empty list, and nothing to remove', async () => {
    expect(await files.read('a/b')).toBeUndefined();
    expect(await files.list('a')).toEqual([]);
    await expect(files.remove('a/b')).resolves.toBeUndefined();
  });

  test('lists recursively, sorted, without leftovers of killed writers', async () => {
    for (const path of ['d/z', 'd/a/2', 'd/a/1', 'd/B']) await files.write(path, utf8(''));
    await writeFile(join(root, 'd/a/.dct-0123456789abcdef.tmp'), 'half');
    expect(await files.list('d')).toEqual(['B', 'a/1', 'a/2', 'z']);
  });

  test('the leftovers of killed writers are found, and a path that is none is told', async () => {
    await files.write('d/x', utf8(''));
    const left = join(root, 'd/.dct-0123456789abcdef.tmp');
    await writeFile(left, 'half');
    expect(await leftoversBelow(root)).toEqual([left]);
    expect(await leftoversBelow(join(root, 'nowhere'))).toEqual([]);
    await expect(leftoversBelow(join(root, 'd/x'))).rejects.toMatchObject({ code: 'DISK' });
  });

  test('removes a file for good', async () => {
    await files.write('d/x', utf8('1'));
    await files.remove('d/x');
    expect(await files.list('d')).toEqual([]);
  });

  test('a file beyond the bound is refused before it is read', async () => {
    await files.write('big', utf8(''));
    await truncate(join(root, 'big'), limits.stateFileBytes);
    expect((await files.read('big'))?.byteLength).toBe(limits.stateFileBytes);
    await truncate(join(root, 'big'), limits.stateFileBytes + 1);
    await expect(files.read('big')).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
  });

  test('a file that was never there is removed without complaint', async () => {
    await files.write('d/x', utf8('1'));
    await expect(files.remove('d/y')).resolves.toBeUndefined();
    expect(await files.list('d')).toEqual(['x']);
  });

  test.skipIf(process.platform !== 'linux')(
    'a file that gives more than it announced is refused',
    async () => {
      expect((await stat('/proc/self/status')).size).toBe(0);
      await expect(openDirectory('/proc/self').read('status')).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
    },
  );

  test('locate gives the absolute path', () => {
    expect(files.locate('a/b')).toBe(join(root, 'a/b'));
  });
});

describe('NM-07: nothing but regular files in real directories', () => {
  const operations: readonly [string, (path: string) => Promise<unknown>][] = [
    ['read', (path) => files.read(path)],
    ['write', (path) => files.write(path, utf8('new'))],
    ['remove', (path) => files.remove(path)],
  ];

  beforeEach(async () => {
    await mkdir(join(root, 'sub'), { recursive: true });
    await mkdir(join(root, '..', 'outside'));
    await writeFile(join(root, '..', 'outside', 'victim'), 'precious');
    await symlink(join(root, '..', 'outside', 'victim'), join(root, 'link'));
    await symlink(join(root, '..', 'outside'), join(root, 'way-out'));
    await symlink(join(root, 'sub'), join(root, 'way-round'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    await mkdir(join(root, 'directory'));
    await writeFile(join(root, 'file'), '');
  });

  describe.each(operations)('%s', (_name, operation) => {
    const leadsOut = 'its path could lead out of the directory';
    test.each([
      ['a symbolic link', 'link', 'it is a symbolic link'],
      ['a path through a link that leads out', 'way-out/victim', 'it is a symbolic link'],
      ['a path through a link that stays inside', 'way-round/x', 'it is a symbolic link'],
      ['a FIFO, without waiting for a writer', 'fifo', 'it is not a regular file'],
      ['a directory', 'directory', 'it is not a regular file'],
      ['a path through a file', 'file/x', 'it is not a directory'],
      ['a parent step', '../outside/victim', leadsOut],
      ['an inner parent step', 'sub/../file', leadsOut],
      ['an absolute path', '/etc/hostname', leadsOut],
      ['an empty part', 'sub//x', leadsOut],
      ['a NUL', 'sub/\0', leadsOut],
    ])('refuses %s', async (_what, path, problem) => {
      await expect(operation(path)).rejects.toMatchObject({ code: 'DISK_UNSAFE', facts: { problem } });
      expect(await readFile(join(root, '..', 'outside', 'victim'), 'utf8')).toBe('precious');
    });
  });

  test('refuses to list through a link, and lists links and special files without following them', async () => {
    await expect(files.list('way-out')).rejects.toMatchObject({ code: 'DISK_UNSAFE' });
    await symlink(join(root, '..', 'outside'), join(root, 'sub', 'out'));
    execFileSync('mkfifo', [join(root, 'sub', 'fifo')]);
    expect(await files.list('sub')).toEqual(['fifo', 'out']);
  });

  test('the root itself may be a link: where the state lives is the user’s choice', async () => {
    const elsewhere = join(root, '..', 'linked');
    await symlink(root, elsewhere);
    await openDirectory(elsewhere).write('sub/x', utf8('there'));
    expect(await text('sub/x')).toBe('there');
  });
});

test('what the system refuses is DISK, with the operation and the file', async () => {
  await mkdir(root);
  await expect(files.write('n'.repeat(256), utf8(''))).rejects.toMatchObject({
    code: 'DISK',
    facts: { operation: 'write', problem: 'the name is too long' },
  });
});
