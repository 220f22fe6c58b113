// A registry and a Notary server that both want tokens, each from a token server of its own with accounts of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { succeeds, type User } from './clients.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { buildImage, type Image, pushImage } from './image.ts';
import { type NotaryServer, startNotaryServer } from './notary-server.ts';
import type { Stage } from './stage.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';
import { useStage } from './use-stage.ts';

/** Of rita at the registry; of nora, who may do everything, and of reader at the Notary server. */
export const passwords = { registry: 'registry password', notary: 'notary password' };
/** Of nora. */
export const identity = 'identity token of nora';

export interface Entries {
  readonly registry?: object;
  readonly notary?: object;
}

export interface TokenStage {
  readonly stage: Stage;
  readonly registry: DockerRegistry;
  readonly notary: NotaryServer;
  readonly atRegistry: TokenServer;
  readonly atNotary: TokenServer;
  readonly image: Image;
  /** Its tag 1.0 is signed. */
  readonly gun: string;
  /** Rita at the registry and nora at the Notary server. */
  readonly owner: User;
  /** A user with these entries in Docker's configuration; `entry` goes into dct's, for the registry. */
  userWith(entries: Entries, entry?: object, server?: NotaryServer): Promise<User>;
}

/** An entry of Docker's configuration. */
export const basic = (user: string, password: string): { readonly auth: string } => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
});

/** Who asked for which scope. */
export const asked = ({
  requests,
}: TokenServer): readonly (readonly [string | undefined, string | undefined])[] =>
  requests.map(({ user, scope }) => [user, scope]);

/** Sets the stage before the tests of the enclosing `describe`; empty until then. What was asked is forgotten before each test. */
export function useTokenStage(): TokenStage {
  const stage = useStage();
  const set = { stage } as { -readonly [K in keyof TokenStage]: TokenStage[K] };

  beforeAll(async () => {
    const { directory, authority } = stage;
    await Promise.all(['registry-tokens', 'notary-tokens'].map((name) => mkdir(join(directory, name))));
    set.atRegistry = await startTokenServer(join(directory, 'registry-tokens'), authority, {
      service: 'the registry',
      algorithm: 'ES256',
      accounts: { rita: passwords.registry },
      grant: (user, actions) => (user === undefined ? [] : actions),
    });
    set.atNotary = await startTokenServer(join(directory, 'notary-tokens'), authority, {
      service: 'the Notary server',
      algorithm: 'RS256',
      accounts: { nora: passwords.notary, reader: passwords.notary },
      identities: { [identity]: 'nora' },
      grant: (user, actions) => (user === 'nora' ? actions : actions.filter((action) => action === 'pull')),
    });
    // Images get there before the door is locked.
    const storage = join(directory, 'locked');
    const open = await startDockerRegistry(storage);
    set.image = buildImage();
    await pushImage(open.url, 'team/app', set.image, '1.0');
    await open.stop();
    set.registry = await startDockerRegistry(storage, { tokens: set.atRegistry.settings });
    set.notary = await startNotaryServer(directory, authority, { tokens: set.atNotary.settings });
    set.gun = `${set.registry.host}/team/app`;
    set.owner = await set.userWith({
      registry: basic('rita', passwords.registry),
      notary: basic('nora', passwords.notary),
    });
    await succeeds(set.owner.dct(['sign', `${set.gun}:1.0`]));
  });
  afterAll(async () => {
    const { registry, notary, atRegistry, atNotary } = set;
    await Promise.all([registry.stop(), notary.stop(), atRegistry.close(), atNotary.close()]);
  });
  beforeEach(() => {
    for (const { requests, authorizations } of [set.atRegistry, set.atNotary]) {
      requests.length = 0;
      authorizations.length = 0;
    }
  });

  set.userWith = async (entries, entry = {}, server = set.notary) => {
    const user = await stage.user(server);
    const auths = {
      ...(entries.registry && { [set.registry.host]: entries.registry }),
      ...(entries.notary && { [server.host]: entries.notary }),
    };
    await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }));
    await mkdir(join(user.home, '.config/dct'), { recursive: true });
    const registries = { [set.registry.host]: { ca: stage.authority.caFile, ...entry } };
    await writeFile(join(user.home, '.config/dct/config.json'), JSON.stringify({ registries }));
    return user;
  };
  return set;
}
