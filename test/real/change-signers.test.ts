// Signers added and removed by dct: docker trust and notary follow with old and with empty caches, and go on from there.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import {
  addTargets,
  createDockerRepository,
  inspectedTags,
  signedTags,
  type InspectedTag,
} from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'signers, changed by dct and by docker trust',
  () => {
    const stage = useStage();

    async function push(repository: string, tag: string): Promise<Image> {
      const image = buildImage();
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    /** Makes a key with dct; answers the path of its public half. */
    async function generate(user: User, name: string): Promise<string> {
      await succeeds(user.dct(['key', 'generate', name, '--dir', user.home]));
      return join(user.home, `${name}.pub`);
    }

    /** The same rows with the warm caches of these readers, with empty ones, and with ours. */
    async function expectRead(
      readers: readonly User[],
      repository: string,
      expected: readonly InspectedTag[],
    ): Promise<void> {
      for (const reader of [...readers, await stage.user()]) {
        expect(await inspectedTags(reader, repository), 'docker trust').toEqual(expected);
        const listed = (await signedTags(reader, repository)).map(({ tag, digest }) => ({ tag, digest }));
        expect(listed, 'notary').toEqual(expected.map(({ tag, digest }) => ({ tag, digest })));
        const own = JSON.parse((await succeeds(reader.dct(['list', repository, '--json']))).stdout) as {
          tags: readonly { tag: string; digest: string }[];
        };
        expect(
          own.tags.map(({ tag, digest }) => ({ tag, digest })),
          'dct',
        ).toEqual(expected.map(({ tag, digest }) => ({ tag, digest })));
      }
    }

    it('a repository that begins with a signer, and a second one: both sign, with dct and with docker trust', async () => {
      const [owner, alice, bob, reader] = [
        await stage.user(),
        await stage.user(),
        await stage.user(),
        await stage.user(),
      ];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(
        owner.dct(['signer', 'add', '--key', await generate(alice, 'alice'), 'alice', repository]),
      );
      await succeeds(alice.dct(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, [{ tag: '1.0', digest: image.digest, signers: ['alice'] }]);

      await succeeds(owner.dct(['signer', 'add', '--key', await generate(bob, 'bob'), 'bob', repository]));
      await succeeds(bob.dockerTrust(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, [
        { tag: '1.0', digest: image.digest, signers: ['alice', 'bob'] },
      ]);
      const { stdout } = await succeeds(reader.dct(['signer', 'list', repository]));
      expect(stdout).toMatch(/^alice .*\nbob /mu);
    });

    it('signer remove really removes, where docker trust 26 to 28 only says so (P-01)', async () => {
      const [owner, bob, reader] = [await stage.user(), await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
      await succeeds(
        owner.dockerTrust(['signer', 'add', '--key', await generate(bob, 'bob'), 'bob', repository]),
      );
      await succeeds(bob.dockerTrust(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, [
        { tag: '1.0', digest: image.digest, signers: ['alice', 'bob'] },
      ]);

      await succeeds(owner.dct(['signer', 'remove', 'bob', repository, '-y']));

      await expectRead([reader], repository, [{ tag: '1.0', digest: image.digest, signers: ['alice'] }]);
      expect(await bob.dct(['sign', `${repository}:1.0`])).toMatchObject({ code: 6 });
      expect((await bob.dockerTrust(['sign', `${repository}:1.0`])).code).not.toBe(0);
      await succeeds(owner.dockerTrust(['sign', `${repository}:1.0`]));
    });

    it('the last signer can be removed and nothing stays under-signed (P-04)', async () => {
      const [owner, alice, reader] = [await stage.user(), await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(
        owner.dct(['signer', 'add', '--key', await generate(alice, 'alice'), 'alice', repository]),
      );
      await succeeds(alice.dct(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, [{ tag: '1.0', digest: image.digest, signers: ['alice'] }]);

      expect(await owner.dct(['signer', 'remove', 'alice', repository])).toMatchObject({ code: 9 });
      await succeeds(owner.dct(['signer', 'remove', 'alice', repository, '--resign']));
      await expectRead([reader], repository, [{ tag: '1.0', digest: image.digest, signers: ['Repo Admin'] }]);
      await succeeds(owner.dockerTrust(['sign', `${repository}:1.0`]));
    });

    it('a signer who was removed comes back with another key and signs (dialect 10.4)', async () => {
      const [owner, first, second, reader] = [
        await stage.user(),
        await stage.user(),
        await stage.user(),
        await stage.user(),
      ];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(
        owner.dct(['signer', 'add', '--key', await generate(first, 'alice'), 'alice', repository]),
      );
      await succeeds(first.dct(['sign', `${repository}:1.0`]));
      await inspectedTags(reader, repository);
      await succeeds(owner.dct(['signer', 'remove', 'alice', repository, '-y']));
      await expectRead([reader], repository, []);

      await succeeds(
        owner.dct(['signer', 'add', '--key', await generate(second, 'alice'), 'alice', repository]),
      );
      await expectRead([reader], repository, []);
      await succeeds(second.dct(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, [{ tag: '1.0', digest: image.digest, signers: ['alice'] }]);
      await succeeds(second.dockerTrust(['sign', `${repository}:1.0`]));
    });

    it('a compromised signer is removed by an owner who holds no other signer’s key', async () => {
      const [owner, alice, mallory, reader] = [
        await stage.user(),
        await stage.user(),
        await stage.user(),
        await stage.user(),
      ];
      const repository = stage.newRepository();
      const [good, bad] = [await push(repository, 'good'), await push(repository, 'bad')];
      for (const [user, name] of [
        [alice, 'alice'],
        [mallory, 'mallory'],
      ] as const)
        await succeeds(owner.dct(['signer', 'add', '--key', await generate(user, name), name, repository]));
      await succeeds(alice.dct(['sign', `${repository}:good`]));
      await succeeds(mallory.dct(['sign', `${repository}:bad`]));
      await inspectedTags(reader, repository);

      const preview = await succeeds(owner.dct(['signer', 'remove', 'mallory', repository, '--dry-run']));
      expect(preview.stdout).toContain('bad is not signed any more');
      expect(await inspectedTags(reader, repository)).toHaveLength(2);
      await succeeds(owner.dct(['signer', 'remove', 'mallory', repository, '-y']));
      await expectRead([reader], repository, [{ tag: 'good', digest: good.digest, signers: ['alice'] }]);
      await succeeds(alice.dct(['sign', `${repository}:bad`, '--digest', bad.digest]));
      await addTargets(alice, repository, { later: buildImage() }, ['targets/releases']);
      expect(await inspectedTags(reader, repository)).toHaveLength(3);
    });
  },
);
