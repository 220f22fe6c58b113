// `dct doctor` with the real runtimes: what it proves, and the mirror that it sees through.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds, type Proxy, type User } from '../support/real/clients.ts';
import type { Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { pushUnpackable } from '../support/real/runtime-cases.ts';
import { useStage } from '../support/real/use-stage.ts';

interface Report {
  readonly enforced: boolean;
  readonly findings: readonly { readonly kind: string; readonly held: boolean; readonly happened: string }[];
}

const programs = ['notary-server', 'docker-registry', 'podman', 'skopeo', 'openssl'] as const;

describeReal(programs, 'dct doctor', () => {
  const stage = useStage();
  let directory: string;
  let user: User;
  let proxy: Proxy;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    user = await stage.user();
    // Podman wants to find one where DOCKER_CONFIG points to.
    await writeFile(join(user.dockerConfig, 'config.json'), '{}');
    proxy = await user.startProxy(['--registry', stage.registry.host, '--refresh', '0']);
  });
  afterAll(async () => {
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['podman', 'skopeo'])(
    '66: proves that %s enforces trust, in a drill of its own',
    async (runtime) => {
      const { stdout } = await succeeds(user.dct(['doctor', '--runtime', runtime, '--json']));
      const { enforced, findings } = JSON.parse(stdout) as Report;
      expect(enforced).toBe(true);
      expect(findings.map(({ kind, held }) => [kind, held])).toEqual([
        ['signed', true],
        ['unsigned', true],
        ['tampered', true],
        ['bypass', true],
      ]);
    },
  );

  it('says when a runtime is not here', async () => {
    const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const { code, stderr } = await user.dct(['doctor', '--runtime', 'docker', '--json'], { env });
    expect([code, stderr.includes('TRUST_UNPROVEN')]).toEqual([2, true]);
  });

  /** A signed and an unsigned image, and podman with a store of its own and these settings. */
  async function examine(settings: string): Promise<Outcome> {
    const host = (): string => stage.registry.host;
    const [signed, unsigned] = [
      await pushUnpackable({ stage, host }, '1.0'),
      await pushUnpackable({ stage, host }, '1.0'),
    ];
    await succeeds(user.dct(['sign', `${signed.name}:1.0`]));
    const [registries, storage] = [join(directory, 'registries.conf'), join(directory, 'storage.conf')];
    await mkdir(directory, { recursive: true });
    await writeFile(registries, settings);
    const roots = ['graphroot', 'runroot'].map((name) => `${name} = "${join(directory, name)}"`);
    await writeFile(storage, `[storage]\ndriver = "vfs"\n${roots.join('\n')}\n`);
    const env = { CONTAINERS_REGISTRIES_CONF: registries, CONTAINERS_STORAGE_CONF: storage };
    const images = [`${signed.name}:1.0`, `${unsigned.name}:1.0`];
    return user.dct(['doctor', '--runtime', 'podman', ...images, '--json'], { env });
  }

  it('accepts the settings of dct proxy config', async () => {
    const where = ['--registry', stage.registry.host, '--proxy', proxy.url];
    const { stdout } = await succeeds(user.dct(['proxy', 'config', 'podman', ...where, '--json']));
    const { files } = JSON.parse(stdout) as { files: [{ text: string }] };
    const examined = await examine(files[0].text);
    expect((JSON.parse(examined.stdout) as Report).enforced).toBe(true);
    expect(examined.code).toBe(0);
  });

  it('DP-04: sees through a mirror, which a refused pull falls past', async () => {
    const location = `[[registry]]\nlocation = "${stage.registry.host}"\ninsecure = true\n`;
    const mirror = `[[registry.mirror]]\nlocation = "${proxy.host}"\ninsecure = true\n`;
    const { code, stdout, stderr } = await examine(location + mirror);
    const { enforced, findings } = JSON.parse(stdout) as Report;
    expect(enforced).toBe(false);
    expect(findings).toMatchObject([
      { kind: 'signed', held: true },
      { kind: 'unsigned', held: false, happened: 'it arrived' },
    ]);
    expect([code, stderr.includes('TRUST_NOT_ENFORCED')]).toEqual([3, true]);
  });
});
