// P-65: what was built here needs no signature of anybody; the proxy decides about pulls, and about nothing else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds, type Proxy } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { tarOf } from '../support/real/image-files.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'docker', 'dockerd', 'openssl'],
  'P-65: an engine that pulls through dct',
  () => {
    const stage = useStage();
    let directory: string;
    let engine: Dockerd;
    let proxy: Proxy;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dct-'));
      engine = await startDockerd({ directory: join(directory, 'engine') });
      const puller = await stage.user();
      proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu']);
    });
    afterAll(async () => {
      await Promise.all([engine.stop(), proxy.stop()]);
      await rm(directory, { recursive: true, force: true });
    });

    const docker = (
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
      input?: Uint8Array,
    ) =>
      runCommand('docker', args, {
        env: { PATH: searchPath, HOME: directory, DOCKER_HOST: engine.host, ...env },
        cwd: directory,
        ...(input && { input }),
      });
    const create = (image: string, env?: Readonly<Record<string, string>>): Promise<Outcome> =>
      docker(['create', image, '/program'], env);

    it('runs what was built here, even under the name of what it must not pull', async () => {
      const repository = stage.newRepository();
      await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), 'unsigned');
      const name = `${proxy.host}/${stage.pathOf(repository)}`;
      expect((await docker(['pull', `${name}:unsigned`])).code).not.toBe(0);

      const content = tarOf({ program: 'built here' });
      await succeeds(docker(['import', '-', `${name}:built`], {}, content));
      const trusting = { DOCKER_CONTENT_TRUST: '1', DOCKER_CONTENT_TRUST_SERVER: stage.notary.url };
      expect((await create(`${name}:built`, trusting)).code).not.toBe(0);
      await succeeds(create(`${name}:built`));
    });
  },
);
