// The stage of a test file: an authority, notary-server, docker-registry and any number of users.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Authority, createAuthority } from './certificates.ts';
import { createUser, type TrustServerAddress, type User } from './clients.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { type NotaryServer, startNotaryServer } from './notary-server.ts';

export interface Stage {
  /** Removed with everything in it when the tests of the file are over. */
  readonly directory: string;
  readonly authority: Authority;
  readonly notary: NotaryServer;
  readonly registry: DockerRegistry;
  /** Somebody with an empty home; `server` when their tools talk to something other than the stage's notary-server. */
  user(server?: TrustServerAddress): Promise<User>;
  /** A repository name that no other test uses, as it stands in references (`HOST:PORT/team/appN`). */
  newRepository(): string;
  /** The path of such a name within the registry. */
  pathOf(repository: string): string;
}

/** Sets the stage before the tests of the enclosing `describe` and clears it after them; empty until then. */
export function useStage(): Stage {
  const stage = {} as Stage;
  beforeAll(async () => {
    Object.assign(stage, await setStage());
  });
  afterAll(async () => {
    await Promise.all([stage.notary.stop(), stage.registry.stop()]);
    await rm(stage.directory, { recursive: true, force: true });
  });
  return stage;
}

async function setStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'dct-real-'));
  const authority = await createAuthority(join(directory, 'authority'));
  const [notary, registry] = await Promise.all([
    startNotaryServer(directory, authority),
    startDockerRegistry(join(directory, 'registry')),
  ]);
  let users = 0;
  let repositories = 0;
  return {
    directory,
    authority,
    notary,
    registry,
    user: async (server = notary) => {
      users += 1;
      const home = join(directory, `user${users}`);
      await mkdir(home, { mode: 0o700 });
      return createUser(home, authority, server);
    },
    newRepository: () => {
      repositories += 1;
      return `${registry.host}/team/app${repositories}`;
    },
    pathOf: (repository) => repository.slice(registry.host.length + 1),
  };
}
