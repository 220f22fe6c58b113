// When the server last said that there is nothing newer: what is remembered of that, and what is not (FZ-04).
import { beforeEach, expect, test } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { gun, ledgerPath, trustedRig, type Rig } from './support.ts';

const minuteMs = 60_000;
const outage = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });

let rig: Rig;
let start: number;
beforeEach(async () => {
  rig = await trustedRig();
  start = rig.server.clock.time;
});

test('the server answers: now, and no outage', async () => {
  rig.server.clock.advance(5);
  expect(await rig.client.update(gun)).toMatchObject({ confirmedAt: start + 5, outage: undefined });
});

test('the server is gone: the last time, and why, however long ago', async () => {
  rig.server.clock.advance(2 * minuteMs);
  await rig.client.update(gun);
  rig.server.outage(outage);
  for (const later of [0, minuteMs, 60 * minuteMs]) {
    rig.server.clock.advance(later);
    expect(await rig.client.update(gun)).toMatchObject({ confirmedAt: start + 2 * minuteMs, outage });
  }
});

test('a refusal confirms nothing', async () => {
  rig.server.clock.advance(2 * minuteMs);
  rig.server.outage(new DctError('TLS', { origin: 'https://notary.test', problem: 'unknown authority' }));
  await expect(rig.client.update(gun)).rejects.toMatchObject({ code: 'TLS' });
  rig.server.outage(outage);
  expect(await rig.client.update(gun)).toMatchObject({ confirmedAt: start });
});

test('it is written down once a minute, and then only that', async () => {
  rig.server.clock.advance(minuteMs - 1);
  rig.files.writes.length = 0;
  await rig.client.update(gun);
  expect(rig.files.writes).toEqual([]);
  rig.server.clock.advance(1);
  await rig.client.update(gun);
  expect(rig.files.writes).toEqual([ledgerPath()]);
});

test('a clock that was set back does not leave a time in the future behind', async () => {
  rig.server.clock.advance(-60 * minuteMs);
  await rig.client.update(gun);
  rig.server.outage(outage);
  expect(await rig.client.update(gun)).toMatchObject({ confirmedAt: start - 60 * minuteMs });
});

test('a ledger from before this was remembered: nobody knows', async () => {
  const bytes = rig.files.contents.get(ledgerPath());
  const older = JSON.parse(Buffer.from(bytes ?? []).toString()) as Record<string, unknown>;
  delete older['confirmedAt'];
  rig.files.contents.set(ledgerPath(), Buffer.from(JSON.stringify(older)));
  rig.server.outage(outage);
  expect(await rig.client.update(gun)).toMatchObject({ confirmedAt: undefined, origin: 'cache' });
});
