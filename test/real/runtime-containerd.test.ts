// Containerd with the settings of `dct proxy config containerd`, through ctr.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds, type Proxy, type User } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { itEnforces, pushUnpackable } from '../support/real/runtime-cases.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

const programs = ['notary-server', 'docker-registry', 'dockerd', 'ctr', 'openssl'] as const;

describeReal(programs, 'containerd with a hosts directory', () => {
  const stage = useStage();
  let directory: string;
  let owner: User;
  let proxy: Proxy;
  let engine: Dockerd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    [owner, engine] = [await stage.user(), await startDockerd({ directory: join(directory, 'engine') })];
    const puller = await stage.user();
    const { host } = stage.registry;
    proxy = await puller.startProxy(['--registry', host, '--tofu', '--refresh', '0']);
    const where = ['--proxy', proxy.url, '--registry', host, '--refuse-others', '--write', directory];
    await succeeds(puller.dct(['proxy', 'config', 'containerd', ...where]));
  });
  afterAll(async () => {
    await engine.stop();
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const ctr = (...args: readonly string[]): Promise<Outcome> => {
    const env = { PATH: searchPath, HOME: directory };
    return runCommand('ctr', ['--address', engine.containerdSocket, ...args], { env, cwd: directory });
  };
  const pull = (reference: string): Promise<Outcome> =>
    ctr('images', 'pull', '--hosts-dir', join(directory, 'etc/containerd/certs.d'), reference);

  itEnforces({
    stage,
    owner: () => owner,
    host: () => stage.registry.host,
    pull,
    find: async (reference) => {
      const { stdout } = await ctr('images', 'list', `name==${reference}`);
      return stdout.includes(reference) ? stdout : undefined;
    },
    forget: (reference) => succeeds(ctr('images', 'remove', '--sync', reference)),
  });

  it('PX-11: with --refuse-others, a registry that the proxy does not serve is not asked', async () => {
    const host = (): string => `127.0.0.1:${stage.registry.port}`;
    const { name } = await pushUnpackable({ stage, host }, '1.0');
    const asked = stage.registry.accessLog().length;
    const refused = await pull(`${name}:1.0`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('403 Forbidden');
    expect(stage.registry.accessLog().slice(asked)).toEqual([]);
  });
});
