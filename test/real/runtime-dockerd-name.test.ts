// A Docker engine that names dct in its references: PROXY/NAME instead of REGISTRY/NAME, and no settings at all.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { succeeds, type Proxy, type User } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { itEnforces } from '../support/real/runtime-cases.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

const programs = ['notary-server', 'docker-registry', 'docker', 'dockerd', 'openssl'] as const;

describeReal(programs, 'a Docker engine with the name of dct in its references', () => {
  const stage = useStage();
  let directory: string;
  let owner: User;
  let proxy: Proxy;
  let engine: Dockerd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    owner = await stage.user();
    const puller = await stage.user();
    proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu', '--refresh', '0']);
    const args = ['--max-download-attempts', '1'];
    engine = await startDockerd({ directory: join(directory, 'engine'), args });
  });
  afterAll(async () => {
    await Promise.all([engine.stop(), proxy.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  const docker = (...args: readonly string[]): Promise<Outcome> => {
    const env = { PATH: searchPath, HOME: directory, DOCKER_HOST: engine.host };
    return runCommand('docker', args, { env, cwd: directory });
  };
  const through = (reference: string): string => reference.replace(stage.registry.host, proxy.host);

  itEnforces({
    stage,
    host: () => stage.registry.host,
    owner: () => owner,
    pull: (reference) => docker('pull', through(reference)),
    find: async (reference) => {
      const { code, stdout } = await docker('image', 'inspect', through(reference));
      return code === 0 ? stdout : undefined;
    },
    forget: (reference) => succeeds(docker('rmi', through(reference))),
  });
});
