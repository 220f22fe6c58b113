// The sandbox's registry against a Docker engine and containerd: push, pull, mount, and the refusal of altered layers.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { tarLayer, tarOf } from '../support/real/image-files.ts';
import { buildImage, buildIndex, pushImage } from '../support/real/image.ts';
import { runCommand, until, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startSandboxRegistry, type SandboxRegistry } from '../support/real/sandbox-registry.ts';
import { searchPath } from '../support/real/search-path.ts';

describeReal(['docker', 'dockerd', 'ctr'], 'the sandbox registry and engines', () => {
  let directory: string;
  let engine: Dockerd;
  let registry: SandboxRegistry;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    registry = await startSandboxRegistry();
    engine = await startDockerd({ directory: join(directory, 'engine') });
  });
  afterAll(async () => {
    await engine.stop();
    await registry.close();
    await rm(directory, { recursive: true, force: true });
    expect(registry.failures).toEqual([]);
  });

  const run = (program: string, args: readonly string[], input?: Uint8Array): Promise<Outcome> => {
    const env = { PATH: searchPath, HOME: directory, DOCKER_HOST: engine.host };
    return runCommand(program, args, { env, cwd: directory, ...(input && { input }) });
  };
  const docker = (...args: readonly string[]): Promise<Outcome> => run('docker', args);
  const ctr = (...args: readonly string[]): Promise<Outcome> =>
    run('ctr', ['--address', engine.containerdSocket, 'images', ...args]);
  /** An image made by the engine itself, under that name. */
  const importImage = (name: string, text: string): Promise<Outcome> =>
    succeeds(run('docker', ['import', '-', name], tarOf({ 'file.txt': text })));
  const digestOf = async (path: string): Promise<string> => {
    const { headers } = await fetch(`${registry.url}/v2/${path}`, { method: 'HEAD' });
    return headers.get('docker-content-digest') ?? '';
  };

  it('docker pushes, forgets and pulls', async () => {
    const name = `${registry.host}/docker/app:1.0`;
    await importImage(name, 'pushed by docker');
    const pushed = await succeeds(docker('push', name));
    const digest = await digestOf('docker/app/manifests/1.0');
    expect(pushed.stdout).toContain(`digest: ${digest}`);
    await succeeds(docker('rmi', name));
    const pulled = await succeeds(docker('pull', name));
    expect(pulled.stdout).toContain(`Digest: ${digest}`);
    await succeeds(docker('pull', `${registry.host}/docker/app@${digest}`));
  });

  it('docker mounts what another repository has', async () => {
    const [first, second] = [`${registry.host}/mount/first:1`, `${registry.host}/mount/second:1`];
    await importImage(first, 'pushed once');
    await succeeds(docker('push', first));
    await succeeds(docker('tag', first, second));
    expect((await succeeds(docker('push', second))).stdout).toContain('Mounted from mount/first');
    await succeeds(docker('rmi', first, second));
    await succeeds(docker('pull', second));
  });

  it('docker pulls its own architecture through an index', async () => {
    const layers = [tarLayer({ 'file.txt': 'in an index' })];
    await pushImage(registry.url, 'docker/index', buildIndex('oci', ['amd64', 'arm64'], layers), 'multi');
    const { stdout } = await succeeds(
      docker('pull', '--platform', 'linux/arm64', `${registry.host}/docker/index:multi`),
    );
    expect(stdout).toContain('Pull complete');
  });

  it('ctr pulls, and pushes to a registry that has nothing of it', async () => {
    const other = await startSandboxRegistry(join(directory, 'other'));
    try {
      const name = `${registry.host}/ctr/app:1`;
      const image = buildImage({ layers: [tarLayer({ 'file.txt': 'pulled by ctr' })] });
      await pushImage(registry.url, 'ctr/app', image, '1');
      await succeeds(ctr('pull', '--plain-http', name));
      await succeeds(ctr('tag', name, `${other.host}/copied/app:1`));
      await succeeds(ctr('push', '--plain-http', `${other.host}/copied/app:1`));
      const copied = await fetch(`${other.url}/v2/copied/app/manifests/1`);
      expect(copied.headers.get('docker-content-digest')).toBe(image.digest);
      expect(other.failures).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it.each(['flip-bit', 'truncate', 'extend', 'replace'] as const)(
    'neither docker nor ctr accepts a layer under %s',
    async (how) => {
      const name = `${registry.host}/attacked/${how}:1`;
      const image = buildImage({ layers: [tarLayer({ 'file.txt': `attacked by ${how}` })] });
      await pushImage(registry.url, `attacked/${how}`, image, '1');
      await registry.attacks.corrupt(`attacked/${how}`, '1', { layer: 1, how });
      const [byDocker, byCtr] = [await docker('pull', name), await ctr('pull', '--plain-http', name)];
      expect(byDocker.code).not.toBe(0);
      expect(byDocker.stderr).toContain('filesystem layer verification failed');
      expect(byCtr.code).not.toBe(0);
      expect(byCtr.stderr).toMatch(
        /unexpected commit digest|expected number of bytes|failed size validation/,
      );
      await registry.attacks.restore(`attacked/${how}`);
      await succeeds(docker('pull', name));
      // What containerd refused it still has, and refuses again without asking, until its collector has been there.
      await until(
        async () => (await ctr('pull', '--plain-http', name)).code === 0,
        'ctr to pull what is restored',
      );
    },
  );

  it('nobody notices a swapped tag: that is what signatures are for', async () => {
    const name = `${registry.host}/swapped/app`;
    for (const [tag, text] of [
      ['good', 'honest content'],
      ['evil', 'other content'],
    ] as const)
      await pushImage(registry.url, 'swapped/app', buildImage({ layers: [tarLayer({ text })] }), tag);
    await registry.attacks.swapTag('swapped/app', 'good', 'evil');
    const { stdout } = await succeeds(docker('pull', `${name}:good`));
    expect(stdout).toContain(await digestOf('swapped/app/manifests/evil'));
  });
});
