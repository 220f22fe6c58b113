// A registry whose accounts have different rights: the proxy's cache tells nobody more than the registry would.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Proxy } from '../support/real/clients.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/real/docker-registry.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startTokenServer, type TokenServer } from '../support/real/token-server.ts';
import { useStage } from '../support/real/use-stage.ts';

const accounts = { rita: 'may read everything', bob: 'may read what is public' };
const headerOf = (user: keyof typeof accounts): string =>
  `Basic ${Buffer.from(`${user}:${accounts[user]}`).toString('base64')}`;

describeReal(['notary-server', 'docker-registry', 'openssl'], 'two accounts at one registry', () => {
  const stage = useStage();
  let tokens: TokenServer;
  let registry: DockerRegistry;
  let image: Image;
  let proxy: Proxy;

  beforeAll(async () => {
    const storage = join(stage.directory, 'locked');
    const open = await startDockerRegistry(storage);
    image = buildImage();
    await pushImage(open.url, 'team/app', image, '1.0');
    await open.stop();
    await mkdir(join(stage.directory, 'tokens'));
    tokens = await startTokenServer(join(stage.directory, 'tokens'), stage.authority, {
      service: 'the registry',
      algorithm: 'ES256',
      accounts,
      grant: (user, actions) => (user === 'rita' ? actions : []),
    });
    registry = await startDockerRegistry(storage, { tokens: tokens.settings });
    const operator = await stage.user();
    await mkdir(join(operator.home, '.config/dct'), { recursive: true });
    const registries = { [registry.host]: { ca: stage.authority.caFile, credentials: 'caller' } };
    await writeFile(join(operator.home, '.config/dct/config.json'), JSON.stringify({ registries }));
    proxy = await operator.startProxy(['--registry', registry.host]);
  });
  afterAll(async () => {
    await proxy.stop();
    await registry.stop();
    await tokens.close();
  });

  const ask = (path: string, user: keyof typeof accounts): Promise<Response> =>
    fetch(`${proxy.url}${path}`, { headers: { authorization: headerOf(user) } });

  it('CA-08 what one of them pulled into the cache is not there for the other', async () => {
    const layer = image.blobs[1];
    const paths = [`manifests/${image.digest}`, `blobs/${layer?.digest ?? ''}`];
    for (const path of paths.map((part) => `/v2/team/app/${part}`)) {
      const served = await ask(path, 'rita');
      const body = Buffer.from(await served.arrayBuffer());
      expect([served.status, body.length > 0], path).toEqual([200, true]);
      const refused = await ask(path, 'bob');
      expect([401, 403], path).toContain(refused.status);
      expect(Buffer.from(await refused.arrayBuffer()).includes(body), path).toBe(false);
      expect((await ask(path, 'rita')).status, path).toBe(200);
    }
  });

  it('AU-12 the token server saw each of them as they are, and nobody else', () => {
    expect(new Set(tokens.authorizations)).toEqual(new Set([headerOf('rita'), headerOf('bob')]));
  });

  it('both may log in, and nobody else', async () => {
    for (const user of ['rita', 'bob'] as const) expect((await ask('/v2/', user)).status).toBe(200);
    const authorization = `Basic ${Buffer.from(`bob:${accounts.rita}`).toString('base64')}`;
    const refused = await fetch(`${proxy.url}/v2/`, { headers: { authorization } });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
  });
});
