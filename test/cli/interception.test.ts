// The authority of `dct proxy --intercept`: for whom it vouches, how long, and what is never shown.
import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { openInterception } from '../../src/cli/interception.ts';
import { codeOfRejection } from '../support/code-of.ts';

const dayMs = 24 * 60 * 60 * 1000;
const root = mkdtempSync(join(tmpdir(), 'dct-interception-'));
afterAll(() => rm(root, { recursive: true }));

let clock: { time: number; now: () => number };
let context: Pick<Context, 'io' | 'settings'>;
beforeEach(async () => {
  clock = { time: Date.UTC(2026, 0, 1), now: () => clock.time };
  const dockerDirectory = await mkdtemp(join(root, 'docker-'));
  context = { io: { clock }, settings: { dockerDirectory } } as unknown as typeof context;
});

const registry = 'registry.test:5000';
const certificateIn = async (file: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(file));

describe('the authority', () => {
  it('is made once, and by one of those who come first', async () => {
    const opened = await Promise.all([registry, registry].map((name) => openInterception(context, [name])));
    const later = await openInterception(context, [registry]);
    const [first, second] = await Promise.all(opened.map(({ identify }) => identify('registry.test')));
    const ca = await certificateIn(later.caFile);
    for (const credential of [first, second])
      expect(new X509Certificate(credential?.cert ?? '').verify(ca.publicKey)).toBe(true);
  });

  it('is for its owner only, and clients get it without the key', async () => {
    const { caFile } = await openInterception(context, [registry]);
    expect(await readFile(caFile, 'utf8')).not.toContain('PRIVATE');
    const kept = await stat(join(dirname(caFile), 'authority.json'));
    expect(kept.mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a registry that it may not vouch for', ['other.test'], 0],
    ['one of several', [registry, 'docker.io'], 0],
    ['a time at which it is about to end', [registry], 5 * 365 - 6],
  ])('is refused for %s', async (_what, registries, days) => {
    await openInterception(context, [registry]);
    clock.time += days * dayMs;
    expect(await codeOfRejection(openInterception(context, registries))).toBe('AUTHORITY_UNFIT');
    const { identify } = await openInterception(context, registries, { renew: true });
    const host = registries.at(-1)?.replace(/:\d+$/, '') ?? '';
    expect((await identify(host)).cert).toContain('CERTIFICATE');
  });

  it.each(['', '{}', '[]', '{"cert":"a","key":"b","hosts":"c","notAfter":1}'])(
    'is refused when its file says %j, and never silently replaced',
    async (text) => {
      const { caFile } = await openInterception(context, [registry]);
      await writeFile(join(dirname(caFile), 'authority.json'), text);
      expect(await codeOfRejection(openInterception(context, [registry]))).toBe('AUTHORITY_UNFIT');
    },
  );

  it('covers all hosts of Docker Hub', async () => {
    await openInterception(context, ['docker.io']);
    const hub = openInterception(context, ['registry-1.docker.io', 'index.docker.io']);
    await expect(hub).resolves.toBeDefined();
  });
});

describe('a certificate for a host', () => {
  it('names that host only, and lives for a week', async () => {
    const { identify } = await openInterception(context, [registry]);
    const { subjectAltName, validFrom, validTo, ca } = new X509Certificate(
      (await identify('registry.test')).cert,
    );
    expect([subjectAltName, ca]).toEqual(['DNS:registry.test', false]);
    expect([Date.parse(validFrom), Date.parse(validTo)]).toEqual([
      clock.time - dayMs,
      clock.time + 7 * dayMs,
    ]);
  });

  it.each(['other.test', 'docker.io', 'x.registry.test', 'registry.test.', registry, ''])(
    'PX-13: is not made for %j',
    async (host) => {
      const { identify } = await openInterception(context, [registry]);
      expect(await codeOfRejection(identify(host))).toBe('AUTHORITY_UNFIT');
    },
  );

  it('stays the same until half of its time is over', async () => {
    const { identify } = await openInterception(context, [registry]);
    const first = await identify('registry.test');
    clock.time += 3 * dayMs;
    expect(await identify('registry.test')).toBe(first);
    clock.time += dayMs;
    expect(await identify('registry.test')).not.toBe(first);
  });
});
