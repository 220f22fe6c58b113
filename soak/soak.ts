// The course of a soak: servers, a proxy, a warm-up, the load, and the accounts at the end.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createUser, type Proxy, type User } from '../test/support/real/clients.ts';
import { until } from '../test/support/real/programs.ts';
import { usageOf } from '../bench/usage.ts';
import { createCrowd } from './crowd.ts';
import { fillShelves, policyText } from './catalogue.ts';
import { fail, publish, reload, signTags, spoil, type World } from './events.ts';
import { createJudge } from './judge.ts';
import { meterIn, scrape } from './metrics.ts';
import { randomOf as generatorOf } from './random.ts';
import type { SoakReport } from './report.ts';
import { collectsGarbage, judgeCache, leaks, residueOf } from './residue.ts';
import { startServers, type Servers } from './servers.ts';
import { compare, compareCounters, readLines } from './tally.ts';
import { Truth } from './truth.ts';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** docker-registry and notary-server instead of the sandbox. */
  readonly real: boolean;
  readonly clients: number;
}

const refreshSeconds = 2;
const cacheBytes = 12 * 1024 * 1024;
/** Of the time; what grows until then is what a proxy needs. */
const warmUp = 0.25;

/** @throws when something outside of the proxy does not work */
export async function soak({ seconds, seed, real, clients }: SoakOptions): Promise<SoakReport> {
  const directory = await mkdtemp(join(tmpdir(), 'dct-soak-'));
  const randomOf = (part: string): ReturnType<typeof generatorOf> => generatorOf(seed, part);
  const servers = await startServers(directory, randomOf('faults'), real);
  const violations: string[] = [];
  const memory: number[] = [];
  let proxy: Proxy | undefined;
  try {
    const truth = new Truth({ refreshMs: refreshSeconds * 1000, slackMs: 3_000 });
    const shelves = await fillShelves(servers.registryUrl, randomOf('content'));
    const owner = await person(directory, 'owner', servers, servers.notaryPort);
    for (const { repository, signed, images } of shelves.filter((shelf) => shelf.signed.length > 0)) {
      const chosen = images.filter(({ tag }) => signed.includes(tag));
      await signTags({ servers, truth, owner }, repository, chosen);
    }
    const policyFile = join(directory, 'policy.json');
    await writeFile(policyFile, policyText(servers.host, false));
    proxy = await startProxy(directory, servers, policyFile);
    const running = proxy;
    const { pid } = running;
    const admin = await adminAddress(running);
    const meter = async (series: string): Promise<number> => meterIn(await scrape(admin), series);
    const world: World = { servers, shelves, truth, owner, proxy, policyFile, meter, randomOf };
    const judge = createJudge(truth, shelves);
    const crowd = createCrowd({ proxy, judge, shelves, randomOf, clients });

    const load = async (ms: number): Promise<void> => {
      const watch = setInterval(
        () => void usageOf(pid).then(({ resident }) => memory.push(resident)),
        Math.min(5_000, ms / 5),
      );
      const signal = AbortSignal.timeout(ms);
      await Promise.all([
        crowd.work(signal),
        ...[publish, spoil, fail, reload].map((happening) => happening(world, signal)),
      ]).finally(() => clearInterval(watch));
      crowd.rest();
    };
    const settle = async (): Promise<void> => {
      const busy = ['connections', 'requests_in_flight', 'transfers'].map((name) => `dct_proxy_${name}`);
      await until(async () => {
        const text = await scrape(admin);
        return busy.every((name) => meterIn(text, name) === 0);
      }, 'connections, requests and transfers to end');
      // Connections to registries are kept for some seconds; memory is given back late.
      for (let round = 0; round < 5; round++) {
        running.signal('SIGUSR2');
        await pause(1_000);
      }
    };

    await load(seconds * 1000 * warmUp);
    await settle();
    const before = await residueOf(pid);
    await load(seconds * 1000 * (1 - warmUp));
    await settle();
    const after = await residueOf(pid);
    memory.push(before.resident, after.resident);
    const metrics = await scrape(admin);
    violations.push(...crowd.violations, ...leaks(before, after));
    if (!running.alive()) violations.push(`the proxy ended by itself:\n${running.log()}`);
    running.signal('SIGTERM');
    const code = await running.ended;
    if (code !== 0) violations.push(`the proxy ended with status ${code}:\n${running.log().slice(-2_000)}`);
    const lines = readLines(await readFile(join(directory, 'decisions'), 'utf8'));
    violations.push(
      ...compare(servers.host, crowd.observations, lines),
      ...compareCounters(lines, metrics),
      ...(await judgeCache(join(directory, 'cache'), cacheBytes)),
      ...lines.filter(({ reason }) => reason === 'BUG').map((line) => `a defect: ${JSON.stringify(line)}`),
    );
    return {
      seed,
      seconds,
      observations: crowd.observations,
      lines,
      memory,
      violations,
      faults: new Map([...named('registry', servers.registryLine), ...named('Notary', servers.notaryLine)]),
      counters: interesting.map((series) => [series, meterIn(metrics, `dct_proxy_${series}`)] as const),
    };
  } finally {
    if (proxy?.alive() === true) await proxy.kill();
    await servers.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const interesting = [
  'cache_evictions_total',
  'cache_corruptions_total',
  'cache_failures_total',
  'upstream_retries_total',
  'upstream_resumes_total',
  'policy_reloads_total',
  'connections_refused_total',
  'decision_lines_lost_total',
];

function named(server: string, { faults }: Servers['registryLine']): readonly (readonly [string, number])[] {
  return [...faults].map(([kind, count]) => [`${server}: ${kind}`, count] as const);
}

/** Somebody who finds the Notary server at a port: the true one, or the end of the faulty line. */
async function person(directory: string, name: string, servers: Servers, port: number): Promise<User> {
  const home = join(directory, name);
  await mkdir(home, { mode: 0o700 });
  const host = `localhost:${port}`;
  return createUser(home, { caFile: servers.caFile }, { url: `https://${host}`, host });
}

/** On the second line, which may come a moment after the first. */
async function adminAddress(running: Proxy): Promise<string> {
  const address = (): string | undefined => /^metrics.* on (http:\S+)\n/mu.exec(running.stdout())?.[1];
  while (address() === undefined) await pause(10);
  return address() ?? '';
}

async function startProxy(directory: string, servers: Servers, policyFile: string): Promise<Proxy> {
  const user = await person(directory, 'proxy', servers, servers.notaryLine.port);
  const options = {
    registry: servers.host,
    refresh: refreshSeconds,
    policy: policyFile,
    'cache-dir': join(directory, 'cache'),
    'cache-size': cacheBytes,
    'admin-listen': '127.0.0.1:0',
    'decision-log': join(directory, 'decisions'),
    // By default there are none on small machines.
    workers: 2,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // Verbose, because who went away is not worth a line otherwise.
  return user.startProxy(['--tofu', '--verbose', ...flags], { env: { NODE_OPTIONS: collectsGarbage } });
}
