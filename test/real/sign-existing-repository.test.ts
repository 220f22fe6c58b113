// Repositories begun by docker trust and notary: dct reads them, signs further with the same keys, and both read on.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import {
  addTargets,
  createDockerRepository,
  createNotaryRepository,
  inspectedTags,
  signedTags,
} from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

interface Beginning {
  readonly name: string;
  /** Makes the repository with one tag. */
  readonly create: (owner: User, repository: string, tags: Record<string, Image>) => Promise<void>;
  /** Who docker trust says signed a tag. */
  readonly signers: readonly string[];
  /** Roles that notary has to sign a further tag into. */
  readonly roles: readonly string[];
}

const beginnings: readonly Beginning[] = [
  {
    name: 'notary init, snapshot key here',
    create: (owner, repository, tags) =>
      createNotaryRepository(owner, repository, { snapshotKey: 'local', tags }),
    signers: ['Repo Admin'],
    roles: ['targets'],
  },
  {
    name: 'notary init, snapshot key at the server',
    create: (owner, repository, tags) =>
      createNotaryRepository(owner, repository, { snapshotKey: 'server', tags }),
    signers: ['Repo Admin'],
    roles: ['targets'],
  },
  {
    name: 'docker trust signer add, snapshot key at the server',
    create: (owner, repository, tags) => createDockerRepository(owner, repository, { signer: 'alice', tags }),
    signers: ['alice'],
    roles: ['targets/alice', 'targets/releases'],
  },
  {
    name: 'notary init and notary delegation add, snapshot key here',
    create: async (owner, repository, tags) => {
      await createNotaryRepository(owner, repository, { snapshotKey: 'local', tags: {} });
      await succeeds(owner.dockerTrust(['key', 'generate', 'alice', '--dir', owner.home]));
      for (const role of ['targets/alice', 'targets/releases']) {
        const key = join(owner.home, 'alice.pub');
        await succeeds(
          owner.notary(['delegation', 'add', '--publish', repository, role, key, '--all-paths']),
        );
      }
      await addTargets(owner, repository, tags, ['targets/alice', 'targets/releases']);
    },
    signers: ['alice'],
    roles: ['targets/alice', 'targets/releases'],
  },
];

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'sign in an existing repository',
  () => {
    const stage = useStage();

    async function push(repository: string, tag: string): Promise<Image> {
      const image = buildImage();
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    async function expectResolved(
      reader: User,
      repository: string,
      tag: string,
      image: Image,
    ): Promise<void> {
      const resolved = await succeeds(reader.dct(['resolve', `${repository}:${tag}`]));
      expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
    }

    it.each(beginnings)('$name: read, signed further, read by all', async ({ create, signers, roles }) => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const first = await push(repository, '1.0');
      await create(owner, repository, { '1.0': first });

      const [dctReader, dockerReader, notaryReader] = [
        await stage.user(),
        await stage.user(),
        await stage.user(),
      ];
      await expectResolved(dctReader, repository, '1.0', first);
      await inspectedTags(dockerReader, repository);
      await signedTags(notaryReader, repository);

      const second = await push(repository, '2.0');
      await succeeds(owner.dct(['sign', `${repository}:2.0`]));

      const both = [
        { tag: '1.0', digest: first.digest, signers },
        { tag: '2.0', digest: second.digest, signers },
      ];
      expect(await inspectedTags(dockerReader, repository), 'docker trust, warm cache').toEqual(both);
      expect(await inspectedTags(await stage.user(), repository), 'docker trust, empty cache').toEqual(both);
      const listed = [
        { tag: '1.0', digest: first.digest, size: first.size },
        { tag: '2.0', digest: second.digest, size: second.size },
      ];
      expect(await signedTags(notaryReader, repository), 'notary, warm cache').toMatchObject(listed);
      expect(await signedTags(await stage.user(), repository), 'notary, empty cache').toMatchObject(listed);
      await expectResolved(dctReader, repository, '2.0', second);

      const third = buildImage();
      await addTargets(owner, repository, { '3.0': third }, roles);
      await succeeds(owner.dockerTrust(['sign', `${repository}:2.0`]));
      await expectResolved(dctReader, repository, '3.0', third);
      await expectResolved(await stage.user(), repository, '2.0', second);
    });

    it.each(beginnings)('$name: dct inspect prints what docker trust inspect prints', async ({ create }) => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      await create(owner, repository, { '1.10': buildImage(), '1.9': buildImage() });
      const reader = await stage.user();

      for (const args of [
        [repository],
        [`${repository}:1.9`],
        ['--pretty', repository],
        ['--pretty', `${repository}:1.9`],
      ]) {
        const expected = await succeeds(reader.dockerTrust(['inspect', ...args]));
        const actual = await succeeds(reader.dct(['inspect', ...args]));
        expect(actual.stdout, `inspect ${args.join(' ')}`).toBe(expected.stdout);
      }
    });

    it('a co-signature by a second signer who holds only their own key', async () => {
      const [alice, bob] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await createDockerRepository(alice, repository, { signer: 'alice', tags: { '1.0': image } });
      await succeeds(bob.dct(['key', 'generate', 'bob', '--dir', bob.home]));
      await succeeds(
        alice.dockerTrust(['signer', 'add', '--key', join(bob.home, 'bob.pub'), 'bob', repository]),
      );

      await succeeds(bob.dct(['sign', `${repository}:1.0`]));

      expect(await inspectedTags(await stage.user(), repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['alice', 'bob'] },
      ]);
    });

    it('a root that notary rotated is followed, with a warm cache and without', async () => {
      const [owner, warm, cold] = [await stage.user(), await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const [first, second] = [await push(repository, '1.0'), await push(repository, '2.0')];
      await createNotaryRepository(owner, repository, { snapshotKey: 'server', tags: { '1.0': first } });
      await expectResolved(warm, repository, '1.0', first);

      await succeeds(owner.notary(['key', 'rotate', repository, 'root'], { input: 'yes\n' }));
      await succeeds(owner.notary(['key', 'rotate', repository, 'targets']));
      await succeeds(owner.dct(['sign', `${repository}:2.0`]));

      await expectResolved(warm, repository, '2.0', second);
      await expectResolved(cold, repository, '2.0', second);
      expect(await signedTags(await stage.user(), repository)).toMatchObject([
        { tag: '1.0', digest: first.digest },
        { tag: '2.0', digest: second.digest },
      ]);
    });
  },
);
