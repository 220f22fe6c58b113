// How fresh trust data is, and how often the trust server is asked.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import type { Gun } from '../../../src/base/reference.ts';
import { proxyDefaults } from '../../../src/proxy/index.ts';
import { TrustBudget } from '../../../src/proxy/policy/trust-budget.ts';
import { TrustView } from '../../../src/proxy/policy/trust-view.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { entryOf, FakeTrust, gunOf, manifestBytes, start } from '../fakes.ts';

const gun = gunOf('app');
const [old, current] = [manifestBytes('old'), manifestBytes('current')];
const names = new Map([
  [digestOf(old), 'old'],
  [digestOf(current), 'current'],
]);
const { refreshMs, refusalMs } = proxyDefaults;
const unreachable = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
const rolledBack = new DctError('ROLLBACK', { gun, role: 'targets', trusted: 2, offered: 1 });
const unsigned = new DctError('NOT_SIGNED', { gun, tag: 'v2', roles: 'targets' });
const isOld = { targets: { v1: entryOf(old) } };
const isCurrent = { targets: { v1: entryOf(current) } };

const plenty = (): TrustBudget => new TrustBudget(limits.trustedMetadataBytes);

class Rig {
  readonly trust = new FakeTrust();
  readonly clock = { time: start, now: () => this.clock.time };
  readonly view: TrustView;

  constructor(budget = plenty()) {
    this.view = new TrustView(this.trust, this.clock, proxyDefaults, budget);
    this.trust.answers.set(gun, isOld);
  }

  /** What a tag is now: `old`, `current`, or the code of the refusal. */
  async ask(tag = 'v1', outage: 'fail' | 'cached' = 'cached', of: Gun = gun): Promise<string | undefined> {
    try {
      const { digest } = await this.view.ask(of, outage, (signed) => signed.find(tag));
      return names.get(digest);
    } catch (error) {
      return (error as DctError).code;
    }
  }

  get updates(): number {
    return this.trust.updates.length;
  }

  /** Until every update that was begun has ended. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('TG-11: a change is seen after the refresh interval, and not much later', () => {
  it('a moved tag', async () => {
    const rig = new Rig();
    expect(await rig.ask()).toBe('old');
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refreshMs / 2;
    expect([await rig.ask(), rig.updates]).toEqual(['old', 1]);
    rig.clock.time += refreshMs / 2;
    expect([await rig.ask(), rig.updates]).toEqual(['current', 2]);
  });

  it('a revoked tag', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, { targets: {} });
    rig.clock.time += refreshMs;
    expect(await rig.ask()).toBe('NOT_SIGNED');
  });

  it('counted from the question, however long the answer took', async () => {
    const rig = new Rig();
    const slow = {
      update: (of: Gun) => {
        const answer = rig.trust.update(of);
        rig.clock.time += refreshMs / 2;
        return answer;
      },
    };
    const view = new TrustView(slow, rig.clock, proxyDefaults, plenty());
    const ask = (): Promise<unknown> => view.ask(gun, 'cached', (signed) => signed.find('v1').digest);
    expect(await ask()).toBe(digestOf(old));
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refreshMs / 2;
    expect(await ask()).toBe(digestOf(current));
  });

  it('a clock that was set back does not prolong anything', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time -= 86_400_000;
    expect(await rig.ask()).toBe('current');
  });

  it('nothing is used past its expiry, even within the interval', async () => {
    const rig = new Rig();
    rig.trust.answers.set(gun, { ...isOld, timestampExpires: start + 10 });
    await rig.ask();
    rig.trust.answers.set(gun, new DctError('EXPIRED', { gun, role: 'timestamp', expires: '', now: '' }));
    rig.clock.time += 10;
    expect(await rig.ask()).toBe('EXPIRED');
  });
});

describe('trust data that is still in use is fetched before it is due', () => {
  it('while nobody waits for it', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, isCurrent);
    rig.trust.gate = new Promise(() => undefined);
    rig.clock.time += refreshMs - 1;
    expect([await rig.ask(), await rig.ask(), rig.updates]).toEqual(['old', 'old', 2]);
  });

  it('so that whoever comes when it is due finds it', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refreshMs - 1;
    await rig.ask();
    await rig.settle();
    rig.clock.time += 1;
    expect([await rig.ask(), rig.updates]).toEqual(['current', 2]);
  });

  it('and a refusal that it meets counts at once', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, rolledBack);
    rig.clock.time += refreshMs - 1;
    await rig.ask();
    await rig.settle();
    expect(await rig.ask()).toBe('ROLLBACK');
  });

  it('and an outage that it meets ends nothing early, is not asked about at every request, and prolongs nothing', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, unreachable);
    rig.clock.time += refreshMs - refusalMs;
    for (let i = 0; i < 100; i++) {
      expect(await rig.ask()).toBe('old');
      await rig.settle();
    }
    expect(rig.updates).toBe(2);
    rig.clock.time += refusalMs;
    expect([await rig.ask(), rig.updates]).toEqual(['UNREACHABLE', 3]);
  });
});

describe('a refusal', () => {
  it('ends the use of what was verified before, and stands for a moment only', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, rolledBack);
    rig.clock.time += refreshMs;
    expect(await rig.ask()).toBe('ROLLBACK');
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refusalMs - 1;
    expect([await rig.ask(), rig.updates]).toEqual(['ROLLBACK', 2]);
    rig.clock.time += 1;
    expect([await rig.ask(), rig.updates]).toEqual(['current', 3]);
  });

  it('of an unsigned tag looks again soon, so that a fresh signature counts', async () => {
    const rig = new Rig();
    expect(await rig.ask('v2')).toBe('NOT_SIGNED');
    rig.trust.answers.set(gun, { targets: { v1: entryOf(old), v2: entryOf(current) } });
    rig.clock.time += refusalMs;
    expect([await rig.ask('v2'), rig.updates]).toEqual(['current', 2]);
  });

  it('of an unsigned tag stays that while nobody answers', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, unreachable);
    rig.clock.time += refusalMs;
    expect([await rig.ask('v2'), await rig.ask()]).toEqual(['NOT_SIGNED', 'old']);
  });

  it('of the network leaves nothing older in its place, and stands for a moment', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.answers.set(gun, unreachable);
    rig.clock.time += refreshMs;
    expect([await rig.ask(), await rig.ask(), rig.updates]).toEqual(['UNREACHABLE', 'UNREACHABLE', 2]);
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refusalMs;
    expect(await rig.ask()).toBe('current');
  });
});

describe('what is asked of the signed tags', () => {
  it.each<{ name: string; error: Error; later: number; times: number }>([
    { name: 'again to newer ones, when it is no', error: unsigned, later: refusalMs, times: 2 },
    { name: 'once, when there are no newer ones', error: unsigned, later: 0, times: 1 },
    { name: 'once, when the answer does not depend on them', error: unreachable, later: refusalMs, times: 1 },
  ])('is asked $name', async ({ error, later, times }) => {
    const rig = new Rig();
    await rig.ask();
    rig.clock.time += later;
    let asked = 0;
    const judge = (): never => {
      asked++;
      throw error;
    };
    await expect(rig.view.ask(gun, 'cached', judge)).rejects.toBe(error);
    expect([asked, rig.updates]).toEqual([times, times]);
  });
});

describe('FZ-04, CA-09: while the trust server is away, unexpired trust data', () => {
  const fromCache = { ...isOld, origin: 'cache' } as const;

  it('answers where the policy allows it, and refuses where it does not', async () => {
    const rig = new Rig();
    rig.trust.answers.set(gun, fromCache);
    expect(await rig.ask('v1', 'cached')).toBe('old');
    expect(await rig.ask('v1', 'fail')).toBe('TRUST_NOT_CONFIRMED');
  });

  it('answers everywhere for as long as the word of the server is fresh', async () => {
    const rig = new Rig();
    rig.trust.answers.set(gun, { ...fromCache, confirmedAt: start - refreshMs + 1 });
    expect(await rig.ask('v1', 'fail')).toBe('old');
    rig.clock.time += 1;
    expect(await rig.ask('v1', 'fail')).toBe('TRUST_NOT_CONFIRMED');
  });

  it('is asked about again soon where it will not do', async () => {
    const rig = new Rig();
    rig.trust.answers.set(gun, fromCache);
    await rig.ask('v1', 'fail');
    rig.trust.answers.set(gun, isCurrent);
    rig.clock.time += refusalMs - 1;
    expect([await rig.ask('v1', 'fail'), rig.updates]).toEqual(['TRUST_NOT_CONFIRMED', 1]);
    rig.clock.time += 1;
    expect([await rig.ask('v1', 'fail'), rig.updates]).toEqual(['current', 2]);
  });
});

describe('PX-19: the trust server is not asked once a request', () => {
  it.each<[string, string]>([
    ['a signed tag', 'v1'],
    ['an unsigned tag', 'unsigned'],
  ])('1000 requests for %s at once are one update', async (_name, tag) => {
    const rig = new Rig();
    let open = (): void => undefined;
    rig.trust.gate = new Promise<void>((resolve) => (open = resolve));
    const answers = Promise.all(Array.from({ length: 1000 }, () => rig.ask(tag)));
    open();
    expect(new Set(await answers).size).toBe(1);
    await rig.ask(tag);
    expect(rig.trust.updates).toEqual([gun]);
  });

  it('unknown repositories included', async () => {
    const rig = new Rig();
    const unknown = gunOf('nobody/knows');
    for (let i = 0; i < 100; i++) expect(await rig.ask('v1', 'cached', unknown)).toBe('NO_TRUST_DATA');
    expect(rig.trust.updates).toEqual([unknown]);
  });

  it('one repository does not wait for another', async () => {
    const rig = new Rig();
    await rig.ask();
    rig.trust.gate = new Promise(() => undefined);
    void rig.ask('v1', 'cached', gunOf('slow'));
    expect(await rig.ask()).toBe('old');
  });

  it('only so many refusals are remembered, and names that clients make up push out no trust data', async () => {
    const rig = new Rig();
    await rig.ask();
    const ask404 = (i: number): Promise<unknown> => rig.ask('v1', 'cached', gunOf(`made-up-${i}`));
    for (let i = 0; i <= limits.refusedRepositories; i++) await ask404(i);
    expect(rig.updates).toBe(limits.refusedRepositories + 2);
    for (const i of [1, limits.refusedRepositories]) await ask404(i);
    expect([await rig.ask(), rig.updates]).toEqual(['old', limits.refusedRepositories + 2]);
    await ask404(0);
    expect(rig.updates).toBe(limits.refusedRepositories + 3);
  });

  it('only so many bytes of trust data are held, and what was checked longest ago goes first', async () => {
    const rig = new Rig();
    const third = Math.ceil((limits.trustedMetadataBytes + 1) / 3);
    const [a, b, c] = [gunOf('a'), gunOf('b'), gunOf('c')];
    for (const one of [a, b, c]) {
      rig.trust.answers.set(one, { ...isOld, bytes: third });
      await rig.ask('v1', 'cached', one);
    }
    expect(rig.view.held).toEqual({ repositories: 2, bytes: 2 * third });
    await rig.ask('v1', 'cached', c);
    await rig.ask('v1', 'cached', b);
    await rig.ask('v1', 'cached', a);
    expect(rig.trust.updates).toEqual([a, b, c, a]);
  });

  it('as many bytes as that are held, and one that is larger until there is another', async () => {
    const rig = new Rig(new TrustBudget(100));
    const learn = async (name: string, bytes: number): Promise<unknown> => {
      rig.trust.answers.set(gunOf(name), { ...isOld, bytes });
      await rig.ask('v1', 'cached', gunOf(name));
      return rig.view.held;
    };
    expect(await learn('half', 50)).toEqual({ repositories: 1, bytes: 50 });
    expect(await learn('other-half', 50)).toEqual({ repositories: 2, bytes: 100 });
    expect(await learn('too-much', 101)).toEqual({ repositories: 1, bytes: 101 });
    expect(await learn('little', 1)).toEqual({ repositories: 1, bytes: 1 });
  });

  it('the bytes are those of all upstreams together, and what was forgotten for a refusal counts no more', async () => {
    const budget = plenty();
    const [one, other] = [new Rig(budget), new Rig(budget)];
    const third = Math.ceil((limits.trustedMetadataBytes + 1) / 3);
    const held = (): readonly number[] => [one, other].map(({ view }) => view.held.repositories);
    const learn = (rig: Rig, name: string): Promise<unknown> => {
      rig.trust.answers.set(gunOf(name), { ...isOld, bytes: third });
      return rig.ask('v1', 'cached', gunOf(name));
    };
    await learn(one, 'a');
    await learn(other, 'a');
    expect(held()).toEqual([1, 1]);
    await learn(other, 'b');
    expect(held()).toEqual([0, 2]);
    other.trust.answers.set(gunOf('a'), rolledBack);
    other.clock.time += refreshMs;
    expect(await other.ask('v1', 'cached', gunOf('a'))).toBe('ROLLBACK');
    await learn(one, 'c');
    expect(held()).toEqual([1, 1]);
  });
});
