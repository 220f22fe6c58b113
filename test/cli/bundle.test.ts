// Bundles from the command line: what is asked, what is written, and what an unanswered question leaves alone.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { Services } from '../../src/cli/services.ts';
import type { BundlePlan, BundleRequest, OpenedBundle } from '../../src/tuf-client/author/index.ts';
import { errorOf, run, type World } from './support.ts';
import { id } from './trusted-repository.ts';

const app = 'registry.test/app';
let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dct-bundle-'));
  file = join(directory, 'bundle.json');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const plan: BundlePlan = {
  gun: app as never,
  initialises: false,
  newKeys: [],
  documents: [
    { role: 'targets' as never, version: 7, expires: { text: '2033-01-01T00:00:00Z', epochMs: 0 } },
  ],
  differences: [],
  lostTags: [],
  remarks: [],
  signatures: [{ role: 'targets' as never, needed: 2, signed: [id('aa')], missing: [id('bb')] }],
  isPublished: false,
};

/** An author whose bundles are the text `begun`, and `signed` after one more signature. */
function stage(opened: Partial<OpenedBundle> = {}) {
  const requests: BundleRequest[] = [];
  const services: Partial<Services> = {
    prepareBundle: (request) => {
      requests.push(request);
      return Promise.resolve({ plan, collect: () => Promise.resolve({ bytes: utf8('begun'), plan }) });
    },
    openBundle: () =>
      Promise.resolve({
        plan,
        cosign: () => Promise.resolve({ bytes: utf8('signed'), plan, added: [id('bb')] }),
        publish: () => Promise.resolve(plan),
        ...opened,
      }),
  };
  const world: World = { services, files: { [file]: 'begun' } };
  return { requests, world };
}

describe('begun', () => {
  it.each([
    ['witness', app, 'targets'],
    ['revoke', `${app}:1.0`],
    ['key', 'rotate', app, 'targets'],
  ])('by every command that publishes: dct %s', async (...words) => {
    const { requests, world } = stage();
    const { code, stdout } = await run([...words, '--offline-bundle', file], world);
    expect(code).toBe(0);
    expect(requests).toHaveLength(1);
    expect(stdout).toContain(`wrote ${file} for ${app}\n`);
    expect(stdout).toContain(`targets: 1 of 2 signatures, by ${id('aa')}; not signed by ${id('bb')}`);
    expect(await readFile(file, 'utf8')).toBe('begun');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never over a file that is there', async () => {
    await writeFile(file, 'precious');
    const outcome = await run(['witness', app, 'targets', '--offline-bundle', file, '--json'], stage().world);
    expect(errorOf(outcome).code).toBe('KEY_EXISTS');
    expect(await readFile(file, 'utf8')).toBe('precious');
  });

  it('not by --dry-run, and not for two repositories', async () => {
    const words = ['signer', 'remove', 'alice', app];
    const { world } = stage();
    expect((await run([...words, '--offline-bundle', file, '--dry-run'], world)).code).toBe(0);
    expect((await run([...words, `${app}2`, '--offline-bundle', file], world)).code).toBe(2);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});

describe('signed by the next one', () => {
  it('after a yes, and not without', async () => {
    await writeFile(file, 'begun');
    const { world } = stage();
    const silent = await run(['sign', '--offline-bundle', file], world);
    expect(silent).toMatchObject({ code: 9, stdout: '' });
    expect(silent.stderr).toContain('targets version 7, valid until 2033-01-01T00:00:00Z');
    expect(await readFile(file, 'utf8')).toBe('begun');
    const agreed = await run(['sign', '--offline-bundle', file], {
      ...world,
      ask: () => Promise.resolve('yes'),
    });
    expect(agreed.code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('signed');
  });

  it('never over what somebody else has written there meanwhile', async () => {
    await writeFile(file, 'changed');
    const outcome = await run(['sign', '--offline-bundle', file, '-y', '--json', '-q'], stage().world);
    expect(errorOf(outcome).code).toBe('KEY_CHANGED');
    expect(await readFile(file, 'utf8')).toBe('changed');
  });

  it.each([
    ['sign'],
    ['sign', '--offline-bundle', 'none.json'],
    ['sign', '--offline-bundle', 'x', '--signer', 'alice'],
    ['publish'],
    ['publish', 'none.json'],
  ])('not like this: dct %s %s %s', async (...words) => {
    const given = words.filter((word) => (word as string | undefined) !== undefined);
    expect(errorOf(await run([...given, '--json'], stage().world)).code).toBe('USAGE');
  });
});

describe('published', () => {
  it.each([
    [[], 'published'],
    [['--dry-run'], 'would publish'],
  ])('dct publish %j: %s', async (options, headline) => {
    let count = 0;
    const publish = () => Promise.resolve((count++, plan));
    const { code, stdout } = await run(['publish', file, ...options], stage({ publish }).world);
    expect({ code, count }).toEqual({ code: 0, count: options.length === 0 ? 1 : 0 });
    expect(stdout).toContain(`${headline} ${app}\n`);
  });

  it('once only', async () => {
    const { world } = stage({ plan: { ...plan, isPublished: true, documents: [] } });
    expect((await run(['publish', file], world)).stdout).toContain(`already published ${app}\n`);
  });
});
