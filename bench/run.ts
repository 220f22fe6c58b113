// `npm run bench`: dct beside the programs that it takes the place of, in one run; ratios, each with its target.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { succeeds } from '../test/support/real/clients.ts';
import { buildImage, largeBlob, pushImage } from '../test/support/real/image.ts';
import { isInstalled } from '../test/support/real/search-path.ts';
import { setStage, type Stage } from '../test/support/real/stage.ts';
import { startContenders, type Contenders } from './contenders.ts';
import { measureCrowd } from './crowd.ts';
import { measureHeads } from './heads.ts';
import { measureRepositories, measureTags, type Growth } from './many.ts';
import { goalRow, table, type Goal } from './report.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

const MiB = 1024 * 1024;
const { values } = parseArgs({
  options: {
    /** Of each contender. */
    rounds: { type: 'string', default: '5' },
    /** Of the large blob, in MiB. */
    size: { type: 'string', default: '512' },
    requests: { type: 'string', default: '8000' },
    clients: { type: 'string', default: '64' },
    /** Signed repositories, each with one tag. */
    repositories: { type: 'string', default: '1000' },
    /** Signed tags of one repository. */
    tags: { type: 'string', default: '10000' },
  },
});
const [rounds, size, requests, clients, repositories, tags] = [
  Number(values.rounds),
  Number(values.size) * MiB,
  Number(values.requests),
  Number(values.clients),
  Number(values.repositories),
  Number(values.tags),
];

const needed = ['notary-server', 'docker-registry', 'nginx', 'openssl'].filter((name) => !isInstalled(name));
if (needed.length > 0) throw new Error(`not installed: ${needed.join(', ')}`);

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const stage = await setStage();
const stops: (() => Promise<void>)[] = [() => stage.clear()];
try {
  const contenders = await startContenders(stage, (stop) => stops.push(stop));
  const goals = [
    ...(await streams(stage, contenders)),
    ...(await heads(stage, contenders)),
    ...(await crowds(stage, contenders)),
  ];
  await growths(stage, contenders);
  print('Targets:\n');
  print(table(['', 'measured', 'target', ''], goals.map(goalRow)));
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function streams({ registry }: Stage, all: Contenders): Promise<readonly Goal[]> {
  const blob = largeBlob(size);
  await pushImage(registry.url, 'bench/app', buildImage({ layers: [blob] }), 'latest');
  await copyFile(registry.blobFile(blob.digest), join(all.fileDirectory, 'blob'));
  const path = `/v2/bench/app/blobs/${blob.digest}`;
  const coldOnes = [all.direct, all.nginx, all.mirror, all.dct, all.passing, all.nginxTls, all.passingTls];
  const cold = await measureThroughput(
    coldOnes.map((contender) => ({ contender, path })),
    size,
    { rounds, cold: true },
  );
  const warm = await measureThroughput(
    [
      { contender: all.files, path: '/blob' },
      { contender: all.mirror, path },
      { contender: all.dct, path },
    ],
    size,
    { rounds, cold: false },
  );
  print(`One blob of ${size / MiB} MiB, median of ${rounds} rounds in turn, nothing kept before:\n`);
  print(throughputTable(cold));
  print('The same, kept before:\n');
  print(throughputTable(warm));
  const speed = (list: readonly Throughput[], { name }: { readonly name: string }): number =>
    list.find((entry) => entry.name === name)?.gigabytesPerSecond ?? Number.NaN;
  const cpu = cold.find(({ name }) => name === all.passing.name)?.cpuSeconds ?? Number.NaN;
  const ratio = (a: number, b: number, measure: string, target: number): Goal => ({
    measure,
    value: a / b,
    target,
    better: 'more',
  });
  return [
    ratio(speed(cold, all.passing), speed(cold, all.nginx), 'cold, not kept, of nginx unverified', 0.6),
    ratio(speed(cold, all.dct), speed(cold, all.nginx), 'cold, kept, of nginx unverified', 0.6),
    ratio(speed(cold, all.dct), speed(cold, all.mirror), 'cold, kept, of docker-registry pull-through', 1),
    ratio(speed(cold, all.passingTls), speed(cold, all.nginxTls), 'cold over TLS, of nginx unverified', 0.6),
    { measure: 'processor seconds for a GB, not kept', value: cpu, target: 1.3, better: 'less' },
    ratio(speed(warm, all.dct), speed(warm, all.files), 'kept, of nginx serving a file', 0.7),
  ];
}

function throughputTable(list: readonly Throughput[]): string {
  const first = list[0]?.gigabytesPerSecond ?? Number.NaN;
  const rows = list.map(({ name, gigabytesPerSecond, cpuSeconds, memoryGrowth }) => [
    name,
    gigabytesPerSecond,
    gigabytesPerSecond / first,
    cpuSeconds,
    (memoryGrowth / MiB).toFixed(0),
  ]);
  return table(['', 'GB/s', 'of first', 'CPU s/GB', 'memory +MiB'], rows);
}

async function heads({ registry }: Stage, all: Contenders): Promise<readonly Goal[]> {
  await pushImage(registry.url, 'bench/signed', buildImage({ layers: [] }), 'v1');
  await succeeds(all.owner.dct(['sign', `${registry.host}/bench/signed:v1`]));
  const path = '/v2/bench/signed/manifests/v1';
  const direct = await measureHeads(all.direct, path, { requests });
  const dct = await measureHeads(all.dct, path, { requests });
  const rows = [direct, dct].map(({ name, perSecond, slowest }) => [name, perSecond, slowest]);
  print(`${requests} HEAD requests by signed tag:\n`);
  print(table(['', 'a second', 'ms, 99 of 100'], rows));
  return [
    {
      measure: 'HEAD by signed tag a second, of the registry',
      value: dct.perSecond / direct.perSecond,
      target: 1.5,
      better: 'more',
    },
    {
      measure: 'its time for 99 of 100, of the registry',
      value: dct.slowest / direct.slowest,
      target: 1,
      better: 'less',
    },
  ];
}

async function growths(stage: Stage, { owner }: Contenders): Promise<void> {
  const found: readonly Growth[] = [
    ...(await measureRepositories({ stage, owner }, repositories)),
    ...(await measureTags({ stage, owner }, tags)),
  ];
  const rows = found.map(({ what, first, again, memoryGrowth }) => [
    what,
    first,
    again,
    (memoryGrowth / MiB).toFixed(0),
  ]);
  print('HEAD by signed tag, of much that is signed:\n');
  print(table(['', 'first, ms', 'again, ms', 'memory +MiB'], rows));
}

async function crowds({ registry }: Stage, all: Contenders): Promise<readonly Goal[]> {
  const layers = Array.from({ length: 8 }, () => largeBlob(size / 4));
  await pushImage(registry.url, 'bench/crowd', buildImage({ layers }), 'latest');
  const paths = layers.map(({ digest }) => `/v2/bench/crowd/blobs/${digest}`);
  const nth = (count: number): string[] => Array.from({ length: clients }, (_, i) => paths[i % count] ?? '');
  const runs = [
    await measureCrowd('dct, one blob for all', all.dct, nth(1)),
    await measureCrowd('dct, eight blobs', all.dct, nth(8)),
    await measureCrowd('dct --no-cache, one blob for all', all.passing, nth(1)),
  ];
  const rows = runs.map(({ name, seconds, memoryGrowth }) => [
    name,
    seconds,
    (memoryGrowth / MiB).toFixed(0),
  ]);
  print(`${clients} clients at once, ${size / 4 / MiB} MiB each:\n`);
  print(table(['', 'seconds', 'memory +MiB'], rows));
  return runs.map(({ name, memoryGrowth }) => ({
    measure: `MiB over idle for ${clients} clients: ${name}`,
    value: memoryGrowth / MiB,
    target: 96,
    better: 'less',
  }));
}
