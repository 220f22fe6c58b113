// How fresh trust data is, and how often the trust server is asked.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import type { Tag } from '../../src/base/reference.ts';
import { proxyDefaults } from '../../src/proxy/index.ts';
import { TrustView } from '../../src/proxy/policy/trust-view.ts';
import { entryOf, FakeTrust, gunOf, manifestBytes, start } from './fakes.ts';

const gun = gunOf('app');
const v1 = 'v1' as Tag;
const [old, current] = [entryOf(manifestBytes('old')), entryOf(manifestBytes('current'))];
const { refreshMs, refusalMs } = proxyDefaults;
const unreachable = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
const rolledBack = new DctError('ROLLBACK', { gun, role: 'targets', trusted: 2, offered: 1 });

function setUp(): { trust: FakeTrust; view: TrustView; clock: { time: number; now(): number } } {
  const trust = new FakeTrust();
  const clock = { time: start, now: () => clock.time };
  trust.answers.set(gun, { targets: { v1: old } });
  return { trust, clock, view: new TrustView(trust, clock, proxyDefaults) };
}

/** What `v1` is now: `old`, `current`, or the code of the refusal. */
async function ask(view: TrustView, tag = v1): Promise<string> {
  try {
    const { digest } = await view.find(gun, tag);
    return digest.endsWith(Buffer.from(old.hashes.get('sha256') ?? []).toString('hex')) ? 'old' : 'current';
  } catch (error) {
    return (error as DctError).code;
  }
}

describe('TG-11: a change is seen after the refresh interval, and not much later', () => {
  it('a moved tag', async () => {
    const { trust, view, clock } = setUp();
    expect(await ask(view)).toBe('old');
    trust.answers.set(gun, { targets: { v1: current } });
    clock.time += refreshMs - 1;
    expect([await ask(view), trust.updates.length]).toEqual(['old', 1]);
    clock.time += 1;
    expect([await ask(view), trust.updates.length]).toEqual(['current', 2]);
  });

  it('a revoked tag', async () => {
    const { trust, view, clock } = setUp();
    await ask(view);
    trust.answers.set(gun, { targets: {} });
    clock.time += refreshMs;
    expect(await ask(view)).toBe('NOT_SIGNED');
  });

  it('a clock that was set back does not prolong anything', async () => {
    const { trust, view, clock } = setUp();
    await ask(view);
    trust.answers.set(gun, { targets: { v1: current } });
    clock.time -= 86_400_000;
    expect(await ask(view)).toBe('current');
  });

  it('nothing is used past its expiry, even within the interval', async () => {
    const { trust, view, clock } = setUp();
    trust.answers.set(gun, { targets: { v1: old }, timestampExpires: start + 10 });
    await ask(view);
    trust.answers.set(gun, new DctError('EXPIRED', { gun, role: 'timestamp', expires: '', now: '' }));
    clock.time += 10;
    expect(await ask(view)).toBe('EXPIRED');
  });
});

describe('a refusal', () => {
  it('ends the use of what was verified before, and stands for a moment only', async () => {
    const { trust, view, clock } = setUp();
    await ask(view);
    trust.answers.set(gun, rolledBack);
    clock.time += refreshMs;
    expect(await ask(view)).toBe('ROLLBACK');
    trust.answers.set(gun, { targets: { v1: current } });
    clock.time += refusalMs - 1;
    expect([await ask(view), trust.updates.length]).toEqual(['ROLLBACK', 2]);
    clock.time += 1;
    expect([await ask(view), trust.updates.length]).toEqual(['current', 3]);
  });

  it('of an unsigned tag looks again soon, so that a fresh signature counts', async () => {
    const { trust, view, clock } = setUp();
    const v2 = 'v2' as Tag;
    expect(await ask(view, v2)).toBe('NOT_SIGNED');
    trust.answers.set(gun, { targets: { v1: old, v2: current } });
    clock.time += refusalMs;
    expect([await ask(view, v2), trust.updates.length]).toEqual(['current', 2]);
  });

  it('of the network is not remembered, and nothing older is used in its place', async () => {
    const { trust, view, clock } = setUp();
    await ask(view);
    trust.answers.set(gun, unreachable);
    clock.time += refreshMs;
    expect(await ask(view)).toBe('UNREACHABLE');
    trust.answers.set(gun, { targets: { v1: current } });
    expect(await ask(view)).toBe('current');
  });
});

describe('PX-19: the trust server is not asked once a request', () => {
  it.each<[string, string]>([
    ['a signed tag', 'v1'],
    ['an unsigned tag', 'unsigned'],
  ])('1000 requests for %s at once are one update', async (_name, tag) => {
    const { trust, view } = setUp();
    let open = (): void => undefined;
    trust.gate = new Promise<void>((resolve) => (open = resolve));
    const answers = Promise.all(Array.from({ length: 1000 }, () => ask(view, tag as Tag)));
    open();
    expect(new Set(await answers).size).toBe(1);
    await ask(view, tag as Tag);
    expect(trust.updates).toEqual([gun]);
  });

  it('unknown repositories included', async () => {
    const { trust, view } = setUp();
    const unknown = gunOf('nobody/knows');
    for (let i = 0; i < 100; i++)
      await expect(view.find(unknown, v1)).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(trust.updates).toEqual([unknown]);
  });

  it('a failed update does not block the next one', async () => {
    const { trust, view } = setUp();
    trust.answers.set(gun, unreachable);
    expect(await Promise.all([ask(view), ask(view)])).toEqual(['UNREACHABLE', 'UNREACHABLE']);
    expect([await ask(view), trust.updates.length]).toEqual(['UNREACHABLE', 2]);
  });

  it('one repository does not wait for another', async () => {
    const { trust, view } = setUp();
    await ask(view);
    trust.gate = new Promise(() => undefined);
    void view.find(gunOf('slow'), v1);
    expect(await ask(view)).toBe('old');
  });

  it('only so many repositories are remembered, whatever names clients make up', async () => {
    const { trust, view } = setUp();
    await ask(view);
    const ask404 = (i: number): Promise<unknown> =>
      view.find(gunOf(`made-up-${i}`), v1).catch(() => undefined);
    for (let i = 1; i < limits.trustedRepositories; i++) await ask404(i);
    await ask(view);
    expect(trust.updates).toHaveLength(limits.trustedRepositories);
    await ask404(0);
    await ask(view);
    expect(trust.updates).toHaveLength(limits.trustedRepositories + 2);
  });
});
