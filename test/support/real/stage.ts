// A stage: an authority, notary-server, docker-registry and any number of users.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority } from './certificates.ts';
import { createUser, type TrustServerAddress, type User } from './clients.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { type NotaryServer, startNotaryServer } from './notary-server.ts';

export interface Stage {
  /** For files of the test; removed with everything in it by `clear`. */
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
  /** Stops the servers and removes the directory. */
  clear(): Promise<void>;
}

/** Starts the servers with everything below a new temporary directory. */
export async function setStage(): Promise<Stage> {
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
    clear: async () => {
      await Promise.all([notary.stop(), registry.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
