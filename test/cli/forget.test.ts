// `dct forget`: what goes, what stays, and what is trusted afterwards (F-008, F-147, P-36).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeGun, type Gun } from '../../src/base/reference.ts';
import { NotarySimulator } from '../support/notary-simulator.ts';
import { pinRig, type PinRig } from './pin-rig.ts';
import { errorOf } from './support.ts';

const gun = makeGun('registry.test', 'team/app');
const nested = makeGun('registry.test', 'team/app/metadata/targets');

let rig: PinRig;
beforeEach(async () => {
  rig = await pinRig();
  await know(gun);
});

async function know(name: Gun): Promise<void> {
  await rig.server.repository(name);
  await rig.dct(['verify', name]);
}

const trust = (path: string): string => join(rig.home, '.docker/trust', path);
const ledger = (): string => trust(`dct/${gun}/_ledger.json`);

/** Files below the trust directory, sorted; without locks. */
async function kept(): Promise<readonly string[]> {
  const entries = await readdir(trust(''), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(trust('').length + 1))
    .sort();
}

const isCached = (path: string): boolean =>
  path.startsWith(`tuf/${gun}/metadata/`) && !path.includes(`${nested}/`);

/** The owner has begun anew: another root key, the same version. */
async function beginAnew(): Promise<void> {
  const other = new NotarySimulator(rig.server.clock);
  rig.server.repositories.set(gun, await other.repository(gun));
}

describe('without --root', () => {
  it('removes what is cached but the root, and asks nothing', async () => {
    await know(nested);
    const before = await kept();
    const { code, stdout } = await rig.dct(['forget', gun, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ gun, forgotten: ['snapshot', 'targets', 'timestamp'], root: false });
    expect(await kept()).toEqual(before.filter((path) => !isCached(path) || path.endsWith('/root.json')));
  });

  it('trust goes on as it was: another root is refused, and no first contact is told', async () => {
    await rig.dct(['forget', gun]);
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 0, stderr: '' });
    await rig.dct(['forget', gun]);
    await beginAnew();
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 3, stdout: '' });
  });

  it('works under a pin, which it does not touch', async () => {
    await rig.dct(['pin', gun, '--yes']);
    expect(await rig.dct(['forget', gun])).toMatchObject({ code: 0 });
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 0 });
  });
});

describe('with --root', () => {
  it('the next contact is a first contact, with whatever root the owner has now', async () => {
    await know(nested);
    await beginAnew();
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 3 });
    const before = await kept();
    const { code, stdout } = await rig.dct(['forget', gun, '--root', '--yes', '--json']);
    expect([code, (JSON.parse(stdout) as { root: boolean }).root]).toEqual([0, true]);
    const gone = (path: string): boolean => isCached(path) || trust(path) === ledger();
    expect(await kept()).toEqual(before.filter((path) => !gone(path)));
    const next = await rig.dct(['verify', gun, '--json']);
    expect(next).toMatchObject({ code: 0 });
    expect(JSON.parse(next.stdout)).toMatchObject({ trustedSince: { how: 'first-use' } });
  });

  it('says whom it was trusted for, and what that costs, and takes no for an answer', async () => {
    const { trusted } = JSON.parse(await readFile(ledger(), 'utf8')) as { trusted: { rootKeys: string[] } };
    const before = await kept();
    const asked: string[] = [];
    const ask = (prompt: string): Promise<string> => {
      asked.push(prompt);
      return Promise.resolve('n');
    };
    const { code, stdout, stderr } = await rig.dct(['forget', gun, '--root'], { ask });
    expect([code, stdout, asked.length]).toEqual([9, '', 1]);
    expect(stderr).toContain(`with root key ${trusted.rootKeys.join(', ')}`);
    expect(stderr).toContain('any root key');
    expect(await kept()).toEqual(before);
  });

  it('without a terminal it needs --yes', async () => {
    const outcome = await rig.dct(['forget', gun, '--root']);
    expect(outcome).toMatchObject({ code: 9, stdout: '' });
  });

  it.each([gun, 'registry.test/team/*'])(
    'is refused while %s is pinned, which decides anyway',
    async (pattern) => {
      const { trusted } = JSON.parse(await readFile(ledger(), 'utf8')) as { trusted: { rootKeys: string[] } };
      await rig.configure({ pins: { [pattern]: trusted.rootKeys } });
      const before = await kept();
      const outcome = await rig.dct(['forget', gun, '--root', '--yes', '--json']);
      expect(outcome).toMatchObject({ code: 2, stdout: '' });
      expect(errorOf(outcome).message).toContain(`${pattern} is pinned`);
      expect(await kept()).toEqual(before);
    },
  );

  it('is the way out of a damaged memory, which stops everything else (RT-27)', async () => {
    await writeFile(ledger(), '{');
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 7 });
    expect(await rig.dct(['forget', gun, '--root', '--yes'])).toMatchObject({ code: 0 });
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 0 });
  });

  it('forgets what only Docker or notary has cached', async () => {
    await rm(ledger());
    await beginAnew();
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 3 });
    await rig.dct(['forget', gun, '--root', '--yes']);
    expect(await rig.dct(['verify', gun])).toMatchObject({ code: 0 });
  });
});

describe('what is not known', () => {
  it.each([{ options: [] }, { options: ['--root', '--yes'] }])(
    'is an error, so that no typing error passes for success: $options',
    async ({ options }) => {
      const outcome = await rig.dct(['forget', 'registry.test/team/ap', '--json', ...options]);
      expect(outcome).toMatchObject({ code: 2, stdout: '' });
      expect(errorOf(outcome).code).toBe('USAGE');
    },
  );

  it.each([`${gun}:1.0`, `${gun}@sha256:${'a'.repeat(64)}`])('%s is not a repository', async (text) => {
    expect(await rig.dct(['forget', text])).toMatchObject({ code: 2, stdout: '' });
  });

  it('files of others in between stay', async () => {
    const foreign = trust(`tuf/${gun}/metadata/notes.txt`);
    await mkdir(dirname(foreign), { recursive: true });
    await writeFile(foreign, 'mine');
    await rig.dct(['forget', gun, '--root', '--yes']);
    expect(await readFile(foreign, 'utf8')).toBe('mine');
  });
});
