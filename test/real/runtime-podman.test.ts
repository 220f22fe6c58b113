// Podman and Skopeo with the settings of `dct proxy config podman`: the registry's name is rewritten to the proxy.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { succeeds, type Proxy, type User } from '../support/real/clients.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { itEnforces } from '../support/real/runtime-cases.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

const servers = ['notary-server', 'docker-registry', 'openssl'] as const;

/** A stage with a proxy in front of its registry, and the settings that lead there. */
function usePodmanSettings() {
  const stage = useStage();
  const given = {} as { directory: string; owner: User; proxy: Proxy; settings: string };
  beforeAll(async () => {
    given.directory = await mkdtemp(join(tmpdir(), 'dct-'));
    given.owner = await stage.user();
    const puller = await stage.user();
    const registry = ['--registry', stage.registry.host];
    given.proxy = await puller.startProxy([...registry, '--tofu', '--refresh', '0']);
    const where = ['--proxy', given.proxy.url, '--write', given.directory];
    const { stdout } = await succeeds(
      puller.dct(['proxy', 'config', 'podman', ...registry, ...where, '--json']),
    );
    given.settings = (JSON.parse(stdout) as { written: [string] }).written[0];
  });
  afterAll(async () => {
    await given.proxy.stop();
    await rm(given.directory, { recursive: true, force: true });
  });
  return { stage, given };
}

describeReal([...servers, 'podman'], 'podman with a rewritten location', () => {
  const { stage, given } = usePodmanSettings();

  const podman = (...args: readonly string[]): Promise<Outcome> => {
    const { directory, settings } = given;
    const env = { PATH: searchPath, HOME: directory, CONTAINERS_REGISTRIES_CONF: settings };
    const store = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')];
    return runCommand('podman', [...store, '--storage-driver', 'vfs', ...args], { env, cwd: directory });
  };

  itEnforces({
    stage,
    owner: () => given.owner,
    host: () => stage.registry.host,
    pull: (reference) => podman('pull', reference),
    find: async (reference) => {
      const { code, stdout } = await podman('image', 'inspect', reference);
      return code === 0 ? stdout : undefined;
    },
    forget: (reference) => succeeds(podman('rmi', reference)),
  });
});

describeReal([...servers, 'skopeo'], 'skopeo with a rewritten location', () => {
  const { stage, given } = usePodmanSettings();
  const digestFileOf = (reference: string): string =>
    join(given.directory, `${reference.replaceAll(/[^a-z0-9]/g, '-')}.digest`);

  itEnforces({
    stage,
    owner: () => given.owner,
    host: () => stage.registry.host,
    pull: (reference) => {
      const { directory, settings } = given;
      const digest = digestFileOf(reference);
      const flags = ['--insecure-policy', '--registries-conf', settings];
      const copy = ['copy', '--all', '--digestfile', digest, `docker://${reference}`, `dir:${digest}.image`];
      const env = { PATH: searchPath, HOME: directory };
      return runCommand('skopeo', [...flags, ...copy], { env, cwd: directory });
    },
    find: (reference) => readFile(digestFileOf(reference), 'utf8').catch(() => undefined),
    forget: (reference) => rm(digestFileOf(reference)),
  });
});
