// A repository that begins with its owner's own root certificate (F-004), and the new one that it gets before the old one ends.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'own root certificates',
  () => {
    const stage = useStage();

    it('are accepted by everybody, and readers with old caches follow when the certificate is renewed', async () => {
      const [owner, reader, repository] = [await stage.user(), await stage.user(), stage.newRepository()];
      for (const tag of ['1.0', '2.0'])
        await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), tag);
      const [key, certificate] = ['root.pem', 'root.crt'].map((name) => join(owner.home, name)) as [
        string,
        string,
      ];
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-noenc',
        '-sha256',
      ];
      const leaf = ['-days', '30', '-subj', `/CN=${repository.replaceAll('/', '\\/')}`];
      const extensions = ['-addext', 'basicConstraints=critical,CA:FALSE'];
      await succeeds(
        owner.run('openssl', [...made, ...leaf, ...extensions, '-keyout', key, '-out', certificate]),
      );
      await succeeds(owner.run('chmod', ['600', key]));
      await succeeds(owner.dct(['key', 'import', '--role', 'root', key]));
      await succeeds(owner.dct(['sign', `${repository}:1.0`, '--root-cert', certificate]));
      expect(await signedTags(reader, repository)).toMatchObject([{ tag: '1.0' }]);
      await succeeds(reader.dct(['verify', `${repository}:1.0`]));

      const { stderr } = await succeeds(owner.dct(['sign', `${repository}:2.0`]));
      expect(stderr).toContain('root would end at');
      for (const user of [reader, await stage.user()]) {
        expect((await signedTags(user, repository)).map(({ tag }) => tag).sort()).toEqual(['1.0', '2.0']);
        const inspected = await succeeds(user.dockerTrust(['inspect', repository]));
        expect(inspected.stdout).toContain('"2.0"');
        await succeeds(user.dct(['verify', `${repository}:2.0`]));
      }
    });
  },
);
