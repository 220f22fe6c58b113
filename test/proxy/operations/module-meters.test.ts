// What the modules behind the proxy count, as Prometheus reads it: cache, trust data, registries.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { openBlobCache } from '../../../src/blob-cache/index.ts';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { entryOf, gunOf, host, manifestBytes, otherHost, start, startRig } from '../fakes.ts';
import { getRaw } from '../raw.ts';
import { content, digestOfAll, ScriptedBlob } from '../scripted-blob.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const valueOf = (meters: MeterRegistry, series: string): number =>
  Number(
    meters
      .render()
      .split('\n')
      .find((line) => line.startsWith(`dct_proxy_${series} `))
      ?.split(' ')[1],
  );

it('answers from the cache, and what lies in it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dct-meters-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const clock = { now: () => start };
  const cache = await openBlobCache({ directory: join(directory, 'cache'), maxBytes: 1e6, clock, notices });
  cleanups.push(() => cache.close());
  const meters = new MeterRegistry();
  const { port, registry, decisions } = await startRig({ meters, cache });
  const pieces = content(4);
  const digest = digestOfAll(pieces);
  registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: 4096, pieces }));
  await getRaw(port, `/v2/app/blobs/${digest}`);
  await expect.poll(() => valueOf(meters, 'cache_bytes')).toBe(4096);
  await getRaw(port, `/v2/app/blobs/${digest}`);
  await expect.poll(() => decisions.map((decision) => decision.cache)).toEqual(['miss', 'hit']);
  for (const [series, value] of [
    ['cache_requests_total{outcome="miss"}', 1],
    ['cache_requests_total{outcome="hit"}', 1],
    ['cache_requests_total{outcome="joined"}', 0],
    ['cache_entries', 1],
    ['transfers', 0],
  ] as const)
    expect([series, valueOf(meters, series)]).toEqual([series, value]);
});

it('what Notary servers answered, and how old the oldest data in use is', async () => {
  const meters = new MeterRegistry();
  const { port, registry, trust, clock } = await startRig({ meters });
  const bytes = manifestBytes('signed');
  registry.store(bytes);
  const state = { releases: { v1: entryOf(bytes) } };
  const outcome = (name: string): number =>
    valueOf(meters, `trust_updates_total{upstream="${host}",outcome="${name}"}`);
  const ask = (repository: string): Promise<unknown> => getRaw(port, `/v2/${repository}/manifests/v1`);

  expect(valueOf(meters, `trust_oldest_seconds{upstream="${host}"}`)).toBeNaN();
  trust.answers.set(gunOf('app'), state);
  await ask('app');
  trust.answers.set(gunOf('old'), { ...state, origin: 'cache', confirmedAt: start - 90_000 });
  await ask('old');
  await ask('unsigned');
  trust.answers.set(gunOf('away'), new DctError('UNREACHABLE', { origin: 'notary', problem: 'refused' }));
  await ask('away');
  clock.time += 10_000;

  expect([outcome('ok'), outcome('refused'), outcome('unanswered')]).toEqual([1, 1, 2]);
  expect(valueOf(meters, `trust_oldest_seconds{upstream="${host}"}`)).toBe(100);
  expect(valueOf(meters, `trusted_repositories{upstream="${host}"}`)).toBe(2);
  expect(valueOf(meters, `trusted_repositories{upstream="${otherHost}"}`)).toBe(0);
  // What is past the interval is not used any more, so its age says nothing.
  clock.time += 60_000;
  expect(valueOf(meters, `trust_oldest_seconds{upstream="${host}"}`)).toBeNaN();
});

it('what had to be repeated and continued, of registries that count', async () => {
  const meters = new MeterRegistry();
  const { registry } = await startRig({ meters });
  Object.assign(registry, { figures: () => ({ retries: 3, resumes: 2 }) });
  expect(valueOf(meters, `upstream_retries_total{upstream="${host}"}`)).toBe(3);
  expect(valueOf(meters, `upstream_resumes_total{upstream="${host}"}`)).toBe(2);
  expect(valueOf(meters, `upstream_resumes_total{upstream="${otherHost}"}`)).toBeNaN();
});
