// A registry that wants a password: Docker's config.json gives it, the proxy uses its own, and nobody else gets to see it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/real/docker-registry.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { describeReal } from '../support/real/requirement.ts';
import type { Outcome } from '../support/real/programs.ts';
import { useStage } from '../support/real/use-stage.ts';

const password = 'a password';
/** bcrypt of that password. */
const account = 'alice:$2b$05$abcdefghijklmnopqrstuu2sM.EEHj4jPcCa5rwqJGg1PNBllkZXy';

describeReal(
  ['notary-server', 'docker-registry', 'skopeo', 'openssl'],
  'a registry that wants a password',
  () => {
    const stage = useStage();
    let registry: DockerRegistry;
    let image: Image;
    let reference: string;
    let owner: User;
    let signing: Outcome;

    beforeAll(async () => {
      registry = await startDockerRegistry(join(stage.directory, 'private'), { account });
      image = buildImage();
      await pushImage(stage.registry.url, 'team/app', image, '1.0');
      reference = `${registry.host}/team/app:1.0`;
      const mover = await stage.user();
      const [from, to] = [`docker://${stage.registry.host}/team/app:1.0`, `docker://${reference}`];
      const plain = [
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        '--dest-creds',
        `alice:${password}`,
      ];
      await succeeds(mover.skopeo(['copy', '--preserve-digests', ...plain, from, to]));
      owner = await userWith(password);
      signing = await succeeds(owner.dct(['sign', '--verbose', reference]));
    });
    afterAll(() => registry.stop());

    /** A user who logged in with this password, or not at all. */
    async function userWith(secret: string | undefined): Promise<User> {
      const user = await stage.user();
      const auth = Buffer.from(`alice:${secret ?? ''}`).toString('base64');
      const config = { auths: secret === undefined ? {} : { [registry.host]: { auth } } };
      await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify(config));
      return user;
    }

    it('signs and reads with the credentials of the Docker configuration', async () => {
      const verified = await succeeds(owner.dct(['verify', '--deep', '--verbose', reference]));
      const resolved = await succeeds(owner.dct(['resolve', reference]));
      expect(resolved.stdout).toBe(`${registry.host}/team/app@${image.digest}\n`);
      for (const { stdout, stderr } of [signing, verified]) expect(stdout + stderr).not.toContain(password);
    });

    it.each([
      ['without credentials', undefined],
      ['with the wrong password', 'another password'],
    ])('%s the registry says no, and nothing is signed', async (_, secret) => {
      const stranger = await userWith(secret);
      const { code, stdout, stderr } = await stranger.dct(['sign', '--json', '--verbose', reference]);
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
      expect(stderr).toContain('REGISTRY_DENIED');
      expect(stderr).not.toContain('another password');
    });

    it('the proxy pulls with its own account; its clients need none, and are told nothing about it', async () => {
      const stranger = await userWith(undefined);
      const copy = (host: string, to: string): ReturnType<User['skopeo']> =>
        stranger.skopeo([
          'copy',
          '--src-tls-verify=false',
          `docker://${host}/team/app:1.0`,
          `dir:${join(stranger.home, to)}`,
        ]);

      const proxy = await owner.startProxy(['--registry', registry.host, '--tofu']);
      const locked = await stranger.startProxy(['--registry', registry.host, '--tofu']);
      try {
        await succeeds(copy(proxy.host, 'with-account'));
        const refused = await copy(locked.host, 'without-account');
        expect(refused.code).not.toBe(0);
        expect(refused.stderr).not.toContain('alice');
        expect(proxy.log() + locked.log()).not.toContain(password);
      } finally {
        await Promise.all([proxy.stop(), locked.stop()]);
      }
    });
  },
);
