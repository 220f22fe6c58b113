// Who is measured: dct in its ways of working, and the programs that it is compared with, all before the same registry.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { User } from '../test/support/real/clients.ts';
import { startDockerRegistry } from '../test/support/real/docker-registry.ts';
import type { Stage } from '../test/support/real/stage.ts';
import { startNginx } from './nginx.ts';

export interface Contender {
  readonly name: string;
  readonly host: string;
  /** Its processor time and memory are looked at. */
  readonly pid: number;
  /** Makes it forget what it has kept; nothing for who keeps nothing. */
  readonly forget: () => Promise<void>;
}

export interface Contenders {
  readonly direct: Contender;
  readonly nginx: Contender;
  readonly mirror: Contender;
  /** Verified, and kept on disk. */
  readonly dct: Contender;
  /** Verified, and not kept. */
  readonly passing: Contender;
  /** nginx serving the content of `files`. */
  readonly files: Contender;
  /** Both with TLS between them and the registry. */
  readonly nginxTls: Contender;
  readonly passingTls: Contender;
  /** Where `files` serves from. */
  readonly fileDirectory: string;
  /** Who signs. */
  readonly owner: User;
}

const nothing = (): Promise<void> => Promise.resolve();

/** Starts everybody; `onStop` is given what stops each of them. */
export async function startContenders(
  stage: Stage,
  onStop: (stop: () => Promise<void>) => void,
): Promise<Contenders> {
  const { authority, directory, registry } = stage;
  const plain = `http://127.0.0.1:${registry.port}`;
  const fileDirectory = join(directory, 'files');
  await mkdir(fileDirectory);
  const nginx = await startNginx(join(directory, 'nginx'), { upstream: plain });
  const files = await startNginx(join(directory, 'nginx-files'), { files: fileDirectory });
  const certificate = authority.loopback;
  const tls = await startNginx(join(directory, 'tls'), { upstream: plain, certificate });
  const nginxTls = await startNginx(join(directory, 'nginx-tls'), { upstream: `https://${tls.host}` });
  const mirrorDirectory = join(directory, 'mirror');
  const mirror = await startDockerRegistry(mirrorDirectory, { mirrorOf: registry.url });
  const owner = await stage.user();
  const configuration = join(owner.home, 'bench.json');
  await writeFile(configuration, JSON.stringify({ registries: { [tls.host]: { ca: authority.caFile } } }));
  const options = { env: { DCT_CONFIG: configuration } };
  const cacheDirectory = join(directory, 'cache');
  const source = ['--registry', registry.host, '--tofu'];
  const dct = await owner.startProxy([...source, '--cache-dir', cacheDirectory]);
  const passing = await owner.startProxy([...source, '--no-cache']);
  const passingTls = await owner.startProxy(['--registry', tls.host, '--no-cache'], options);
  for (const server of [nginx, files, tls, nginxTls, mirror, dct, passing, passingTls])
    onStop(() => server.stop());
  const empty = (path: string) => (): Promise<void> => rm(path, { recursive: true, force: true });
  const own = { forget: nothing };
  return {
    direct: { name: 'registry, directly', ...registry, ...own },
    nginx: { name: 'nginx proxy_pass', ...nginx, ...own },
    mirror: {
      name: 'docker-registry, pull-through',
      ...mirror,
      forget: empty(join(mirrorDirectory, 'storage/docker')),
    },
    dct: { name: 'dct, verified and kept', ...dct, forget: empty(join(cacheDirectory, 'blobs')) },
    passing: { name: 'dct --no-cache, verified', ...passing, ...own },
    files: { name: 'nginx, a file', ...files, ...own },
    nginxTls: { name: 'nginx proxy_pass, TLS registry', ...nginxTls, ...own },
    passingTls: { name: 'dct --no-cache, TLS registry', ...passingTls, ...own },
    fileDirectory,
    owner,
  };
}
