// A Docker engine whose HTTP proxy is dct: unchanged image names, plain and TLS registries, and builds.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { succeeds, type Proxy, type User } from '../support/real/clients.ts';
import { dockerClients } from '../support/real/docker-clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { itEnforces, pushUnpackable, type RuntimeCase } from '../support/real/runtime-cases.ts';
import { searchPath } from '../support/real/search-path.ts';
import { startTlsFront, type TlsFront } from '../support/real/tls-front.ts';
import { useStage } from '../support/real/use-stage.ts';

const programs = ['notary-server', 'docker-registry', 'docker', 'dockerd', 'openssl'] as const;

describeReal(programs, 'a Docker engine with dct as its HTTP proxy', () => {
  const stage = useStage();
  // Newer ones have no BuildKit client of their own.
  const client = dockerClients().find(({ major }) => major < 23)?.program ?? 'docker';
  let directory: string;
  let owner: User;
  let front: TlsFront;
  let proxy: Proxy;
  let engine: Dockerd;
  // Engines use no proxy for localhost and 127.0.0.0/8. This address leads to the same place, so that the engine could
  // ask the registry itself.
  const plainHost = (): string => `0.0.0.0:${stage.registry.port}`;
  const tlsHost = (): string => `0.0.0.0:${front.port}`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    front = await startTlsFront(await stage.authority.issue('IP:0.0.0.0'), stage.registry.url);
    const hosts = [plainHost(), tlsHost()];
    const registries = { [plainHost()]: { plainHttp: true }, [tlsHost()]: { ca: stage.authority.caFile } };
    const configured = async (): Promise<User> => {
      const user = await stage.user();
      await mkdir(join(user.home, '.config/dct'), { recursive: true });
      await writeFile(join(user.home, '.config/dct/config.json'), JSON.stringify({ registries }));
      return user;
    };
    owner = await configured();
    const puller = await configured();
    const named = hosts.flatMap((host) => ['--registry', host]);
    proxy = await puller.startProxy([...named, '--tofu', '--refresh', '0', '--intercept']);
    // The engine reads certificates below /etc only; the system's authorities can be replaced.
    const ca = (await succeeds(puller.dct(['proxy', 'ca', ...named]))).stdout.trim();
    engine = await startDockerd({
      directory: join(directory, 'engine'),
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '', SSL_CERT_FILE: ca },
      args: ['--insecure-registry', plainHost(), '--max-download-attempts', '1'],
    });
  });
  afterAll(async () => {
    await engine.stop();
    await proxy.stop();
    await front.close();
    await rm(directory, { recursive: true, force: true });
  });

  const docker = (args: readonly string[], input?: string, env = {}): Promise<Outcome> => {
    const environment = { PATH: searchPath, HOME: directory, DOCKER_HOST: engine.host, ...env };
    return runCommand(client, args, { env: environment, cwd: directory, ...(input && { input }) });
  };
  const caseFor = (host: () => string): RuntimeCase => ({
    stage,
    host,
    owner: () => owner,
    pull: (reference) => docker(['pull', reference]),
    find: async (reference) => {
      const { code, stdout } = await docker(['image', 'inspect', reference]);
      return code === 0 ? stdout : undefined;
    },
    forget: (reference) => succeeds(docker(['rmi', reference])),
  });

  describe('a plain registry', () => itEnforces(caseFor(plainHost)));
  describe('a TLS registry', () => itEnforces(caseFor(tlsHost)));

  it('PX-11: a registry that the proxy does not serve cannot be reached', async () => {
    const other = `0.0.0.0:${new URL(stage.notary.url).port}`;
    const { code, stderr } = await docker(['pull', `${other}/team/app:1.0`]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`a tunnel to ${other} is refused`);
  });

  describe.each([
    ['the classic builder', '0'],
    ['BuildKit', '1'],
  ])('%s', (_name, buildKit) => {
    const build = (base: string): Promise<Outcome> =>
      docker(['build', '--pull', '-'], `FROM ${base}\nLABEL built=here\n`, { DOCKER_BUILDKIT: buildKit });

    it.each([
      ['plain', plainHost],
      ['TLS', tlsHost],
    ])('enforces on builds: only a signed base from a %s registry is built on', async (_kind, host) => {
      const given = { stage, host };
      const [signed, unsigned] = [await pushUnpackable(given, '1.0'), await pushUnpackable(given, '1.0')];
      await succeeds(owner.dct(['sign', `${signed.name}:1.0`]));
      const asked = stage.registry.accessLog().length;
      await succeeds(build(`${signed.name}:1.0`));
      expect((await build(`${unsigned.name}:1.0`)).code).not.toBe(0);
      const byTag = stage.registry
        .accessLog()
        .slice(asked)
        .filter(({ path }) => path.endsWith('/manifests/1.0'));
      expect(byTag).toEqual([]);
    });
  });
});
