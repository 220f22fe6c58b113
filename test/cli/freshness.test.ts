// How old an answer may be: `--max-age` and `--online` on every command that reads.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { TrustedRepository } from '../../src/tuf-client/types.ts';
import { errorOf, now, run, trustDoor, type World } from './support.ts';
import { trustedRepository, type Outline } from './trusted-repository.ts';

const name = 'registry.test/app';
const worldOf = (repository: TrustedRepository): World => ({
  services: { trust: trustDoor(() => Promise.resolve(repository)) },
});

const signed: Outline = { tags: { targets: { '1.0': 'one' } } };
const world = worldOf(trustedRepository(signed));

describe('--max-age and --online', () => {
  const outage = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
  const hour = 3_600_000;
  const cached = (confirmedAt: number | undefined): World =>
    worldOf(trustedRepository({ ...signed, facts: { origin: 'cache', outage, confirmedAt } }));
  const commands = [['resolve', `${name}:1.0`], ['verify', name], ['list', name], ['list', name, '--expiry'], ['inspect', name]]; // prettier-ignore

  it.each(commands.map((argv) => ({ argv })))(
    '$argv: too old is no answer, with the cause (P-22)',
    async ({ argv }) => {
      const outcome = await run([...argv, '--json', '--max-age', '2h'], cached(now - 2 * hour));
      expect(outcome).toMatchObject({ code: 4 });
      expect(errorOf(outcome)).toMatchObject({
        code: 'NOT_FRESH',
        facts: { maxAge: '2h', problem: outage.message },
      });
    },
  );

  it.each([
    { option: ['--max-age', '2h'], confirmedAt: now - 2 * hour + 1, code: 0 },
    { option: ['--max-age', '120m'], confirmedAt: now - 2 * hour, code: 4 },
    { option: ['--max-age', '7d'], confirmedAt: now - 2 * hour, code: 0 },
    { option: ['--max-age', '60s'], confirmedAt: now - 60_000, code: 4 },
    { option: ['--online'], confirmedAt: now, code: 4 },
    { option: ['--max-age', '7d'], confirmedAt: undefined, code: 4 },
    // The clock was set back: nobody knows how old that is.
    { option: ['--max-age', '7d'], confirmedAt: now + 1, code: 4 },
    { option: [], confirmedAt: undefined, code: 0 },
  ])('$option, confirmed at $confirmedAt: exit $code', async ({ option, confirmedAt, code }) => {
    expect(await run(['resolve', `${name}:1.0`, ...option], cached(confirmedAt))).toMatchObject({ code });
  });

  it.each([['--max-age', '1s'], ['--online']])('%s: what the server says now is fresh', async (...option) => {
    expect(await run(['resolve', `${name}:1.0`, ...option], world)).toMatchObject({ code: 0, stderr: '' });
  });

  it('an old answer says how old it is', async () => {
    const { stderr } = await run(['resolve', `${name}:1.0`], cached(now - hour));
    expect(stderr).toContain('last confirmed at 2030-01-02T02:04:05Z');
  });

  it.each(['2', '2w', '-1h', '1.5h', '', '2H', '9999999d'])('"%s" is no length of time', async (text) => {
    const outcome = await run(['resolve', `${name}:1.0`, '--json', `--max-age=${text}`], { services: {} });
    expect([outcome.code, errorOf(outcome).code]).toEqual([2, 'USAGE']);
  });

  it('both at once contradict each other', async () => {
    const argv = ['resolve', `${name}:1.0`, '--online', '--max-age', '1h'];
    expect(await run(argv, { services: {} })).toMatchObject({ code: 2 });
  });
});

it.each(['resolve', 'verify'])('RB-08: %s --min-version refuses what is older', async (command) => {
  const image = command === 'resolve' ? `${name}:1.0` : name;
  const argv = [command, image, '--min-version', 'root=1', '--min-version'];
  expect(await run([...argv, 'targets=1'], world)).toMatchObject({ code: 0 });
  const refused = await run([...argv, 'targets=999', '--json'], world);
  expect([refused.code, errorOf(refused).code]).toEqual([3, 'ROLLBACK']);
});
