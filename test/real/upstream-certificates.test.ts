// A registry behind nginx that wants a client certificate and a password, and sends clients elsewhere for content.
import { mkdir, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthority, type ServerCertificate } from '../support/real/certificates.ts';
import type { User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { issueCertificate } from '../support/real/issued-certificate.ts';
import { type Nginx, nginxPorts, type NginxRequest, startNginx } from '../support/real/nginx.ts';
import { until } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const basic = (login: string): string => Buffer.from(login).toString('base64');
const account = basic('alice:a password');
const stranger = `Basic ${basic('mallory:of a client')}`;

describeReal(['notary-server', 'docker-registry', 'nginx', 'openssl'], 'a registry behind nginx', () => {
  const stage = useStage();
  let nginx: Nginx;
  let registryPort: number;
  let contentPort: number;
  let host: string;
  let mine: ServerCertificate;
  let image: Image;

  beforeAll(async () => {
    [registryPort = 0, contentPort = 0] = await nginxPorts(2);
    host = `localhost:${registryPort}`;
    image = buildImage();
    await pushImage(stage.registry.url, 'team/app', image, '1.0');
    const directory = join(stage.directory, 'nginx');
    const clients = await createAuthority(join(stage.directory, 'clients'));
    mine = await issueCertificate(join(stage.directory, 'clients'), { name: 'me' });
    await mkdir(directory);
    const accounts = join(directory, 'htpasswd');
    await writeFile(accounts, 'alice:{PLAIN}a password\n');
    const pass = `proxy_pass ${stage.registry.url}; proxy_set_header Authorization "";`;
    const certificate = stage.authority.loopback;
    nginx = await startNginx(directory, [
      {
        ...{ port: registryPort, certificate, clientsOf: clients.caFile },
        content: `auth_basic registry; auth_basic_user_file ${accounts};
          location / { ${pass} }
          location ~ /blobs/ { rewrite ^ https://localhost:${contentPort}$request_uri?signature=s; }`,
      },
      { port: contentPort, certificate, content: `location / { ${pass} }` },
    ]);
  });
  afterAll(() => nginx.stop());

  /** A user who logged in there, with this entry for the registry in dct's configuration. */
  async function userWith(entry: object): Promise<User> {
    const user = await stage.user();
    const config = { auths: { [host]: { auth: account } } };
    await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify(config));
    await mkdir(join(user.home, '.config/dct'), { recursive: true });
    const settings = { registries: { [host]: entry } };
    await writeFile(join(user.home, '.config/dct/config.json'), JSON.stringify(settings));
    return user;
  }

  interface Pulled {
    readonly statuses: readonly number[];
    readonly atRegistry: readonly NginxRequest[];
    readonly atContent: readonly NginxRequest[];
  }

  /** Pulls manifest and layer by digest through a proxy of that user, as a client that sends a password of its own. */
  async function pull(user: User): Promise<Pulled> {
    const before = (await nginx.requests()).length;
    const proxy = await user.startProxy(['--registry', host]);
    try {
      const paths = [`manifests/${image.digest}`, `blobs/${image.blobs[1]?.digest ?? ''}`];
      const statuses = [];
      for (const path of paths) {
        const headers = { authorization: stranger };
        const response = await fetch(`${proxy.url}/v2/team/app/${path}`, { headers });
        await response.arrayBuffer();
        statuses.push(response.status);
      }
      // nginx writes its log after the answer.
      const seen = async (): Promise<readonly NginxRequest[]> => (await nginx.requests()).slice(before);
      await until(async () => (await seen()).length > 0, 'the access log');
      const at = async (port: number): Promise<readonly NginxRequest[]> =>
        (await seen()).filter((request) => request.port === port);
      if (statuses[1] === 200)
        await until(async () => (await at(contentPort)).length > 0, 'the log of the content');
      return { statuses, atRegistry: await at(registryPort), atContent: await at(contentPort) };
    } finally {
      await proxy.stop();
    }
  }

  const ways: readonly (readonly [string, () => Promise<User>])[] = [
    [
      'named in the configuration',
      () => userWith({ ca: stage.authority.caFile, cert: mine.certFile, key: mine.keyFile }),
    ],
    [
      'found in certs.d',
      async () => {
        const user = await userWith({});
        const directory = join(user.dockerConfig, 'certs.d', host);
        await mkdir(directory, { recursive: true });
        await copyFile(stage.authority.caFile, join(directory, 'ca.crt'));
        await copyFile(mine.certFile, join(directory, 'me.cert'));
        await copyFile(mine.keyFile, join(directory, 'me.key'));
        return user;
      },
    ],
  ];

  it.each(ways)(
    'AU-07 AU-12 DP-10 a certificate %s opens the registry; the content’s server sees neither it nor a password',
    async (_, newUser) => {
      const { statuses, atRegistry, atContent } = await pull(await newUser());
      expect(statuses).toEqual([200, 200]);
      expect(new Set(atRegistry.map(({ client }) => client))).toEqual(new Set(['CN=me']));
      // Anonymously first, then with the proxy's own account, and never with the client's.
      expect(new Set(atRegistry.map(({ authorization }) => authorization))).toEqual(
        new Set(['', `Basic ${account}`]),
      );
      expect(atContent).toMatchObject([{ status: 200, authorization: '', client: '' }]);
    },
  );

  it('without a certificate nothing is served, and no password is shown', async () => {
    const { statuses, atRegistry, atContent } = await pull(await userWith({ ca: stage.authority.caFile }));
    expect(statuses.every((status) => status >= 400)).toBe(true);
    expect(new Set(atRegistry.map(({ status, authorization }) => [status, authorization].join(' ')))).toEqual(
      new Set(['400 ']),
    );
    expect(atContent).toEqual([]);
  });
});
