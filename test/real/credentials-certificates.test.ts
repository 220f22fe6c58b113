// Notary servers that want a client certificate, several of them, and which one of them is shown what.
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type ServerCertificate } from '../support/real/certificates.ts';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { issueCertificate } from '../support/real/issued-certificate.ts';
import { type NotaryServer, startNotaryServer } from '../support/real/notary-server.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'openssl', 'skopeo'],
  'Notary servers with client certificates',
  () => {
    const stage = useStage();
    let clients: Authority;
    let notary: NotaryServer;
    let mine: ServerCertificate;
    let image: Image;
    let gun: string;

    const issue = (name: string, passphrase?: string): Promise<ServerCertificate> =>
      issueCertificate(join(stage.directory, 'clients'), { name, ...(passphrase && { passphrase }) });

    beforeAll(async () => {
      clients = await createAuthority(join(stage.directory, 'clients'));
      mine = await issue('me');
      notary = await startNotaryServer(stage.directory, stage.authority, {
        clients: { caFile: clients.caFile, certificate: await issue('health') },
      });
      image = buildImage();
      gun = stage.newRepository();
      await pushImage(stage.registry.url, stage.pathOf(gun), image, '1.0');
      const owner = await userWith({ notaryCert: mine.certFile, notaryKey: mine.keyFile });
      await succeeds(owner.dct(['sign', `${gun}:1.0`]));
    });
    afterAll(() => notary.stop());

    /** A user with this entry for the registry in dct's configuration. */
    async function userWith(entry: object): Promise<User> {
      return configured({ [stage.registry.host]: { notary: notary.url, ...entry } }, notary);
    }

    async function configured(registries: object, server: NotaryServer): Promise<User> {
      const user = await stage.user(server);
      await mkdir(join(user.home, '.config/dct'), { recursive: true });
      await writeFile(join(user.home, '.config/dct/config.json'), JSON.stringify({ registries }));
      return user;
    }

    it('named in the configuration', async () => {
      const user = await userWith({ notaryCert: mine.certFile, notaryKey: mine.keyFile });
      const { stdout, stderr } = await succeeds(user.dct(['resolve', `${gun}:1.0`]));
      expect(stdout).toBe(`${gun}@${image.digest}\n`);
      expect(stderr).not.toContain(mine.keyFile);
    });

    it("found in Docker's directory", async () => {
      const user = await userWith({});
      const directory = join(user.dockerConfig, 'tls', notary.host);
      await copyFile(mine.certFile, join(directory, 'me.cert'));
      await copyFile(mine.keyFile, join(directory, 'me.key'));
      await succeeds(user.dct(['resolve', `${gun}:1.0`]));
    });

    it('a private key that others can read works, with a warning', async () => {
      const loose = await issue('loose');
      await chmod(loose.keyFile, 0o644);
      const user = await userWith({ notaryCert: loose.certFile, notaryKey: loose.keyFile });
      const { stderr } = await succeeds(user.dct(['resolve', `${gun}:1.0`]));
      expect(stderr).toContain(`${loose.keyFile} is the private key of a client certificate`);
    });

    it('without one the server ends the handshake, which is said in so many words', async () => {
      const refusal = await refusalOf(await userWith({}), ['resolve', `${gun}:1.0`]);
      expect(refusal).toMatchObject({ exit: 4, code: 'CLIENT_CERTIFICATE' });
    });

    it('one of another authority is no better', async () => {
      const directory = join(stage.directory, 'strangers');
      await createAuthority(directory);
      const { certFile, keyFile } = await issueCertificate(directory, { name: 'stranger' });
      const refusal = await refusalOf(await userWith({ notaryCert: certFile, notaryKey: keyFile }), [
        'resolve',
        `${gun}:1.0`,
      ]);
      expect(refusal).toMatchObject({ exit: 4, code: 'CLIENT_CERTIFICATE' });
    });

    it('an encrypted private key is refused by its name', async () => {
      const { certFile, keyFile } = await issue('encrypted', 'hidden passphrase');
      const user = await userWith({ notaryCert: certFile, notaryKey: keyFile });
      const refusal = await refusalOf(user, ['resolve', `${gun}:1.0`]);
      expect(refusal).toMatchObject({ exit: 2, code: 'CONFIG_INVALID' });
      expect(refusal.cause).toContain(keyFile);
    });

    describe('several servers for one registry', () => {
      it('each vouches for its part, with its own authority and client certificate', async () => {
        const other = await createAuthority(join(stage.directory, 'other-authority'));
        const teams = await startNotaryServer(stage.directory, other);
        try {
          const { host } = stage.registry;
          await pushImage(stage.registry.url, 'secret/app', image, '1.0');
          const user = await configured(
            {
              [host]: { notary: notary.url, notaryCert: mine.certFile, notaryKey: mine.keyFile },
              [`${host}/secret`]: { notary: teams.url, notaryCa: other.caFile },
            },
            notary,
          );
          const env = { DOCKER_CONTENT_TRUST_SERVER: undefined };
          await succeeds(user.dct(['sign', `${host}/secret/app:1.0`], { env }));
          await succeeds(user.dct(['verify', '--deep', `${host}/secret/app:1.0`], { env }));
          expect(teams.log()).toContain(`${host}/secret/app`);
          expect(notary.log()).not.toContain(`${host}/secret/app`);

          const proxy = await user.startProxy(['--registry', host, '--tofu'], { env });
          try {
            for (const [path, to] of [
              [stage.pathOf(gun), 'one'],
              ['secret/app', 'other'],
            ] as const) {
              const from = `docker://${proxy.host}/${path}:1.0`;
              await succeeds(
                user.skopeo(['copy', '--src-tls-verify=false', from, `dir:${join(user.home, to)}`]),
              );
            }
          } finally {
            await proxy.stop();
          }
        } finally {
          await teams.stop();
        }
      });
    });
  },
);
