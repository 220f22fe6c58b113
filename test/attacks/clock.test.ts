// Wrong clocks, and servers that hold time still (FZ-03, FZ-06).
import { beforeEach, describe, expect, test } from 'vitest';
import { dayMs, type SimulatedRepository } from '../support/notary-simulator.ts';
import { expectRefusal, gun, trustedRig, type Rig } from '../tuf-client/support.ts';

const yearMs = 365 * dayMs;
let rig: Rig & { readonly repository: SimulatedRepository };
beforeEach(async () => {
  rig = await trustedRig();
  rig.server.clock.advance(5 * dayMs);
  await rig.client.update(gun);
});

/** The same server and directory, seen from a machine whose clock is off by this much. The server's goes on. */
function offBy(ms: number | (() => number)): Rig {
  const { server } = rig;
  let heard: number | undefined;
  const client = rig.withOptions({
    clock: { now: () => server.clock.time + (typeof ms === 'number' ? ms : ms()) },
    store: {
      download: (...args) => {
        const answer = server.download(...args);
        void answer.then(
          () => (heard = server.clock.time + server.requests.length),
          () => undefined,
        );
        return answer;
      },
      serverTime: () => heard,
    },
  });
  return { ...rig, client };
}

test('FZ-03: fresh timestamps over an old snapshot are believed until the snapshot ends, and not for ever', async () => {
  const { repository, server } = rig;
  const end = server.clock.time + 180 * dayMs;
  repository.base.snapshot.expires = end;
  repository.publishSnapshot();
  while (server.clock.time + 13 * dayMs < end) {
    server.clock.advance(13 * dayMs);
    repository.base.timestamp.expires = server.clock.time + 14 * dayMs;
    repository.publishTimestamp();
    expect(await rig.client.update(gun)).toMatchObject({ origin: 'server' });
  }
  server.clock.time = end;
  repository.base.timestamp.expires = end + dayMs;
  repository.publishTimestamp();
  await expectRefusal(rig, 'EXPIRED', { role: 'snapshot' });
});

describe('FZ-06: a wrong clock', () => {
  test('ten years ahead: refused, with both times', async () => {
    await expectRefusal(offBy(10 * yearMs), 'EXPIRED', { role: 'root' });
    expect(rig.warnings).toEqual([expect.stringMatching(/2040-.* here, and 2030-.* at the trust server/)]);
  });

  test('two days behind: still verified, and told once by the server, once by what was noted here', async () => {
    const wrong = offBy(-2 * dayMs);
    for (let i = 0; i < 3; i++) await wrong.client.update(gun);
    expect(rig.warnings.map((line) => /at the trust server|already answered/.exec(line)?.[0])).toEqual([
      'already answered',
      'at the trust server',
    ]);
  });

  test('behind, and nobody answers: what was noted here still tells', async () => {
    rig.server.outage();
    await offBy(-2 * dayMs).client.update(gun);
    expect(rig.warnings).toEqual([expect.stringContaining('already answered')]);
  });

  test.each([1000 - dayMs, 0, dayMs])('off by %d ms: nothing to tell', async (ms) => {
    await offBy(ms).client.update(gun);
    expect(rig.warnings).toEqual([]);
  });

  test('ahead, then right, then ahead: told each time', async () => {
    let off = 2 * dayMs;
    const { client } = offBy(() => off);
    for (const next of [2 * dayMs, 0, 2 * dayMs]) {
      off = next;
      await client.update(gun);
    }
    expect(rig.warnings.map((line) => /at the trust server|already answered/.exec(line)?.[0])).toEqual([
      'at the trust server',
      'already answered',
      'at the trust server',
    ]);
  });

  test('what the server said before it went away says nothing about the time now', async () => {
    const { client } = offBy(0);
    await client.update(gun);
    rig.server.clock.advance(3 * dayMs);
    rig.server.outage();
    await client.update(gun);
    expect(rig.warnings).toEqual([]);
  });
});
