// What strangers make us remember is bounded, and the oldest makes room: who asks often enough only forgets for himself.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { makeGun, type Gun } from '../../src/base/reference.ts';
import { systemCalls } from '../../src/blob-cache/calls.ts';
import { fileOf, seen } from '../../src/blob-cache/layout.ts';
import { SeenIn } from '../../src/blob-cache/seen.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { ManifestMemory } from '../../src/proxy/content/manifest-memory.ts';
import type { Manifest } from '../../src/registry/index.ts';
import type { Login } from '../../src/http/credentials.ts';
import { Admissions } from '../../src/registry/callers.ts';
import { temporaryDirectory } from '../disk/support.ts';

const gun = (n: number): Gun => makeGun('registry.test', `team/app${n}`);
const digest = digestOf(utf8('a blob'));

describe('CA-08: the repositories that a blob was seen in', () => {
  it('are so many on disk, the newest ones', async () => {
    const root = await temporaryDirectory();
    let names = 0;
    const seenIn = new SeenIn(root, () => join(root, `temporary-${names++}`), systemCalls);
    const count = limits.repositoriesOfBlob + 1;
    for (let n = 0; n < count; n++) await seenIn.add(digest, gun(n));
    const lines = (await readFile(fileOf(root, seen, digest), 'utf8')).trimEnd().split('\n');
    expect(lines).toEqual(Array.from({ length: limits.repositoriesOfBlob }, (_, n) => gun(n + 1)));
  });
});

describe('CA-08: what a registry said about callers', () => {
  const login = (n: number): Login => ({ kind: 'password', username: `user${n}`, password: 'secret' });

  it('is about so many of them', () => {
    const admissions = new Admissions({ now: () => 0 });
    for (let n = 0; n <= limits.admissions; n++) admissions.add(login(n), 'team/app');
    const known = [0, 1, limits.admissions].map((n) => admissions.has(login(n), 'team/app'));
    expect(known).toEqual([false, true, true]);
  });

  it('holds so long', () => {
    let now = 0;
    const admissions = new Admissions({ now: () => now });
    admissions.add(login(0), 'team/app');
    now = limits.admissionMs - 1;
    expect(admissions.has(login(0), 'team/app')).toBe(true);
    now = limits.admissionMs;
    expect(admissions.has(login(0), 'team/app')).toBe(false);
  });
});

describe('MF-09: manifests in memory', () => {
  const manifest = (name: string): Manifest => {
    const bytes = new Uint8Array(limits.manifestBytes);
    return { bytes, digest: name as Digest, references: [] } as unknown as Manifest;
  };

  it('are so many bytes: the one that was not asked for longest is fetched again', async () => {
    const memory = new ManifestMemory(limits.manifestMemoryBytes);
    const fetched: string[] = [];
    const get = (name: string): Promise<Manifest> =>
      memory.get(gun(0), name as Digest, () => {
        fetched.push(name);
        return Promise.resolve(manifest(name));
      });
    const names = Array.from(
      { length: limits.manifestMemoryBytes / limits.manifestBytes + 1 },
      (_, n) => `m${n}`,
    );
    for (const name of names) await get(name);
    await get(names.at(-1) ?? '');
    await get('m0');
    expect(fetched).toEqual([...names, 'm0']);
  });
});
