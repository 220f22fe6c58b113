// The stage itself: docker trust, notary and skopeo work against the servers that all other tests rely on.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildImage, buildIndex, pushImage } from '../support/real/image.ts';
import {
  createDockerRepository,
  createNotaryRepository,
  inspectedTags,
  signedTags,
} from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'skopeo', 'openssl'],
  'the real programs',
  () => {
    const stage = useStage();

    it('notary and docker trust read what notary published', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const image = buildImage();
      await createNotaryRepository(owner, repository, { snapshotKey: 'local', tags: { '1.0': image } });

      const reader = await stage.user();
      expect(await signedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: image.digest, size: image.size, role: 'targets' },
      ]);
      expect(await inspectedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['Repo Admin'] },
      ]);
    });

    it('docker trust initialises, delegates and signs without an engine', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const image = buildImage();
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });

      const reader = await stage.user();
      expect(await inspectedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['alice'] },
      ]);
    });

    it.each(['oci', 'docker'] as const)(
      'skopeo copies a pushed %s index and an image of it',
      async (format) => {
        const user = await stage.user();
        const repository = stage.newRepository();
        const index = buildIndex(format);
        await pushImage(stage.registry.url, stage.pathOf(repository), index, 'all');

        const copy = await user.skopeo([
          ...['copy', '--all', '--src-tls-verify=false'],
          ...[`docker://${repository}:all`, `dir:${join(user.home, 'copy')}`],
        ]);
        expect(copy).toMatchObject({ code: 0 });
        expect(stage.registry.accessLog()).toContainEqual({
          method: 'GET',
          path: `/v2/${stage.pathOf(repository)}/manifests/all`,
          status: 200,
        });
      },
    );
  },
);
