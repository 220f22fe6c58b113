// `dct doctor` with a real Docker engine and a real containerd: what it proves, and that nothing stands between them and a registry.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { runCommand } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { pushUnpackable } from '../support/real/runtime-cases.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

interface Report {
  readonly enforced: boolean;
  readonly findings: readonly { readonly kind: string; readonly held: boolean; readonly happened: string }[];
}

const programs = ['notary-server', 'docker-registry', 'docker', 'dockerd', 'ctr', 'openssl'] as const;

describeReal(programs, 'dct doctor and engines', () => {
  const stage = useStage();
  let directory: string;
  let user: User;
  let engine: Dockerd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    user = await stage.user();
    // It would try for more than a minute to get a tampered layer after all.
    const args = ['--max-download-attempts', '1'];
    engine = await startDockerd({ directory: join(directory, 'engine'), args });
    await writeFile(join(user.dockerConfig, 'config.json'), '{}');
  });
  afterAll(async () => {
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const env = (): Record<string, string> => ({
    DOCKER_HOST: engine.host,
    CONTAINERD_ADDRESS: engine.containerdSocket,
  });

  it.each(['docker', 'containerd'])(
    '66: proves that %s enforces trust, and leaves nothing behind',
    async (runtime) => {
      const { stdout } = await succeeds(user.dct(['doctor', '--runtime', runtime, '--json'], { env: env() }));
      const { enforced, findings } = JSON.parse(stdout) as Report;
      expect(findings.map(({ kind, held, happened }) => [kind, held || happened])).toEqual([
        ['signed', true],
        ['unsigned', true],
        ['tampered', true],
        ['bypass', true],
      ]);
      expect(enforced).toBe(true);
      const own = { env: { PATH: searchPath, HOME: directory, ...env() }, cwd: directory };
      const images = await succeeds(runCommand('docker', ['image', 'ls', '--quiet', '--all'], own));
      const namespaces = await succeeds(runCommand('ctr', ['namespaces', 'list', '--quiet'], own));
      expect(images.stdout).toBe('');
      expect(namespaces.stdout).not.toContain('dct-doctor');
    },
  );

  it.each(['docker', 'containerd'])('DP-04: says that %s takes what nobody signed', async (runtime) => {
    const host = (): string => stage.registry.host;
    const [signed, unsigned] = [
      await pushUnpackable({ stage, host }, '1.0'),
      await pushUnpackable({ stage, host }, '1.0'),
    ];
    await succeeds(user.dct(['sign', `${signed.name}:1.0`]));
    const images = [`${signed.name}:1.0`, `${unsigned.name}:1.0`];
    const { code, stdout, stderr } = await user.dct(['doctor', '--runtime', runtime, ...images, '--json'], {
      env: env(),
    });
    const { enforced, findings } = JSON.parse(stdout) as Report;
    expect(findings).toMatchObject([
      { kind: 'signed', held: true },
      { kind: 'unsigned', held: false, happened: 'it arrived' },
    ]);
    expect([enforced, code, stderr.includes('TRUST_NOT_ENFORCED')]).toEqual([false, 3, true]);
  });
});
