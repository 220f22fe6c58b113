// A registry that is asked with the accounts of those who pull: skopeo, Docker and containerd log in to the proxy.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Proxy, succeeds, type User } from '../support/real/clients.ts';
import { dockerClients } from '../support/real/docker-clients.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/real/docker-registry.ts';
import { type Dockerd, startDockerd } from '../support/real/dockerd.ts';
import { tarLayer } from '../support/real/image-files.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import type { Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const password = 'a password';
/** bcrypt of that password. */
const account = 'alice:$2b$05$abcdefghijklmnopqrstuu2sM.EEHj4jPcCa5rwqJGg1PNBllkZXy';

const programs = [
  'notary-server',
  'docker-registry',
  'docker',
  'dockerd',
  'ctr',
  'skopeo',
  'openssl',
] as const;

describeReal(programs, 'log-in through the proxy', () => {
  const stage = useStage();
  const docker = dockerClients()[0]?.program ?? 'docker';
  let directory: string;
  let registry: DockerRegistry;
  let image: Image;
  let proxy: Proxy;
  let engine: Dockerd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    // The image gets there before the door is locked.
    const storage = join(stage.directory, 'locked');
    const open = await startDockerRegistry(storage);
    image = buildImage({ format: 'docker', layers: [tarLayer({ 'file.txt': 'private' })] });
    await pushImage(open.url, 'team/app', image, '1.0');
    await open.stop();
    registry = await startDockerRegistry(storage, { account });
    const operator = await stage.user();
    await mkdir(join(operator.home, '.config/dct'), { recursive: true });
    await writeFile(
      join(operator.home, '.config/dct/config.json'),
      JSON.stringify({ registries: { [registry.host]: { credentials: 'caller' } } }),
    );
    // The operator has an account too. It is not for others.
    const auth = Buffer.from(`alice:${password}`).toString('base64');
    const auths = { [registry.host]: { auth } };
    await writeFile(join(operator.dockerConfig, 'config.json'), JSON.stringify({ auths }));
    [proxy, engine] = await Promise.all([
      operator.startProxy(['--registry', registry.host]),
      startDockerd({ directory: join(directory, 'engine'), args: ['--max-download-attempts', '1'] }),
    ]);
  });
  afterAll(async () => {
    await engine.stop();
    await proxy.stop();
    await registry.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const name = (): string => `${proxy.host}/team/app@${image.digest}`;

  /** Pulls as alice with this password, or as nobody. */
  type Pull = (user: User, secret: string | undefined) => Promise<Outcome>;

  const pulls: Readonly<Record<string, Pull>> = {
    skopeo: (user, secret) => {
      const login = secret === undefined ? [] : ['--src-creds', `alice:${secret}`];
      const from = ['--src-tls-verify=false', ...login, `docker://${name()}`];
      return user.skopeo(['copy', ...from, `dir:${join(user.home, 'copied')}`]);
    },
    docker: async (user, secret) => {
      const env = { DOCKER_HOST: engine.host };
      if (secret !== undefined) {
        const login = ['login', '--username', 'alice', '--password-stdin', proxy.host];
        const outcome = await user.run(docker, login, { env, input: secret });
        if (outcome.code !== 0) return outcome;
      }
      const outcome = await user.run(docker, ['pull', name()], { env });
      if (outcome.code === 0) await succeeds(user.run(docker, ['rmi', name()], { env }));
      return outcome;
    },
    ctr: async (user, secret) => {
      const ctr = ['--address', engine.containerdSocket, 'images'];
      const login = secret === undefined ? [] : ['--user', `alice:${secret}`];
      const outcome = await user.run('ctr', [...ctr, 'pull', '--plain-http', ...login, name()]);
      if (outcome.code === 0) await succeeds(user.run('ctr', [...ctr, 'remove', '--sync', name()]));
      return outcome;
    },
  };

  describe.each(Object.entries(pulls))('%s', (_, pull) => {
    it('pulls with an account of the registry', async () => {
      await succeeds(pull(await stage.user(), password));
    });

    it.each([
      ['with another password', 'another password'],
      ['without an account', undefined],
    ])('is refused %s, although the content lies in the cache by now', async (_, secret) => {
      const user = await stage.user();
      const { code, stdout, stderr } = await pull(user, secret);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/unauthorized|Unauthorized|no basic auth credentials|401/);
      expect(proxy.log()).not.toContain('password');
    });
  });
});
