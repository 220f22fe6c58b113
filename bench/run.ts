// `npm run bench`: one large blob through the verifying proxy, beside the registry itself and proxies that verify nothing.
import { join } from 'node:path';
import { startDockerRegistry } from '../test/support/real/docker-registry.ts';
import { buildImage, largeBlob, pushImage } from '../test/support/real/image.ts';
import { isInstalled } from '../test/support/real/search-path.ts';
import { setStage, type Stage } from '../test/support/real/stage.ts';
import { download } from './download.ts';
import { startNginx } from './nginx.ts';
import { type Measurement, report } from './report.ts';
import { type Usage, usageOf } from './usage.ts';

const blobSize = 512 * 1024 * 1024;
/** All contenders take turns, so that a slow moment of the machine does not fall on one of them alone. */
const rounds = 5;

interface Contender {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
}

const needed = ['notary-server', 'docker-registry', 'nginx', 'openssl'].filter(
  (program) => !isInstalled(program),
);
if (needed.length > 0) throw new Error(`not installed: ${needed.join(', ')}`);

const stage = await setStage();
const stops: (() => Promise<void>)[] = [() => stage.clear()];
try {
  const blob = largeBlob(blobSize);
  await pushImage(stage.registry.url, 'bench/app', buildImage({ layers: [blob] }), 'latest');
  const contenders = await startContenders(stage);
  const measurements = await measure(contenders, `/v2/bench/app/blobs/${blob.digest}`);
  process.stdout.write(report(measurements, blobSize, rounds));
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function startContenders(set: Stage): Promise<readonly Contender[]> {
  const { directory, registry } = set;
  const nginx = await startNginx(join(directory, 'nginx'), `http://127.0.0.1:${registry.port}`);
  stops.push(() => nginx.stop());
  const mirror = await startDockerRegistry(join(directory, 'mirror'), { mirrorOf: registry.url });
  stops.push(() => mirror.stop());
  const proxy = await (await set.user()).startProxy(['--registry', registry.host]);
  stops.push(() => proxy.stop());
  return [
    { name: 'registry, directly', host: registry.host, pid: registry.pid },
    { name: 'nginx proxy_pass', host: nginx.host, pid: nginx.pid },
    { name: 'docker-registry as a pull-through cache', host: mirror.host, pid: mirror.pid },
    { name: 'dct proxy, verified', host: proxy.host, pid: proxy.pid },
  ];
}

async function measure(contenders: readonly Contender[], path: string): Promise<readonly Measurement[]> {
  const before = new Map<string, Usage>();
  for (const { name, pid } of contenders) before.set(name, await usageOf(pid));
  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, host } of contenders) {
      const { bytes, seconds: taken } = await download(host, path);
      if (bytes < blobSize) throw new Error(`${name} delivered ${bytes} bytes of ${blobSize}`);
      seconds.get(name)?.push(taken);
    }
  }
  const measurements = contenders.map(async ({ name, pid }) => {
    const [start, end] = [before.get(name), await usageOf(pid)];
    return {
      name,
      seconds: seconds.get(name) ?? [],
      cpuSeconds: end.cpuSeconds - (start?.cpuSeconds ?? 0),
      memoryGrowth: end.peak - (start?.resident ?? 0),
    };
  });
  return Promise.all(measurements);
}
