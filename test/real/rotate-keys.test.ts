// Keys rotated by dct: docker trust and notary follow with old and with empty caches, and dct follows what notary rotates.
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
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

const beginnings: readonly {
  readonly name: string;
  readonly create: (owner: User, repository: string, tags: Record<string, Image>) => Promise<void>;
  readonly roles: readonly string[];
}[] = [
  {
    name: 'begun by docker trust, with a signer',
    create: (owner, repository, tags) => createDockerRepository(owner, repository, { signer: 'alice', tags }),
    roles: ['targets/alice', 'targets/releases'],
  },
  {
    name: 'begun by notary, snapshot key here',
    create: (owner, repository, tags) =>
      createNotaryRepository(owner, repository, { snapshotKey: 'local', tags }),
    roles: ['targets'],
  },
];

const rotations: readonly (readonly string[])[] = [
  ['root', '-y'],
  ['targets'],
  ['snapshot', '--server-managed'],
  ['snapshot', '--client-managed'],
  ['snapshot', '--server-managed'],
  ['timestamp'],
  ['root', '-y'],
];

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'key rotation, by dct and by notary',
  () => {
    const stage = useStage();

    async function push(repository: string, tag: string): Promise<Image> {
      const image = buildImage();
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    async function expectRead(readers: readonly User[], repository: string, image: Image): Promise<void> {
      for (const reader of [...readers, await stage.user()]) {
        expect(await inspectedTags(reader, repository)).toMatchObject([{ tag: '1.0', digest: image.digest }]);
        expect(await signedTags(reader, repository)).toMatchObject([{ tag: '1.0', digest: image.digest }]);
        const { stdout } = await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
        expect(stdout).toBe(`${repository}@${image.digest}\n`);
      }
    }

    it.each(beginnings)('$name: every rotation is followed by everybody', async ({ create, roles }) => {
      const [owner, constant, late] = [await stage.user(), await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await create(owner, repository, { '1.0': image });
      await expectRead([constant, late], repository, image);
      const keysBefore = await readdir(join(owner.trustDirectory, 'private'));

      for (const rotation of rotations) {
        const { stdout } = await succeeds(owner.dct(['key', 'rotate', repository, ...rotation]));
        expect(stdout, rotation.join(' ')).toContain(`rotated the ${rotation[0] ?? ''} key of ${repository}`);
        await expectRead([constant], repository, image);
      }
      await expectRead([late], repository, image);
      const keysAfter = await readdir(join(owner.trustDirectory, 'private'));
      expect(keysAfter, 'no private key was deleted').toEqual(expect.arrayContaining(keysBefore));

      // All three go on with the new keys.
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await succeeds(owner.dockerTrust(['sign', `${repository}:1.0`]));
      await addTargets(owner, repository, { '1.0': image }, roles);
      await expectRead([constant, late], repository, image);
    });

    it('dct goes on after each rotation by notary', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await createNotaryRepository(owner, repository, { snapshotKey: 'local', tags: { '1.0': image } });
      await expectRead([reader], repository, image);
      for (const args of [
        ['root'],
        ['targets'],
        ['snapshot', '-r'],
        ['snapshot'],
        ['timestamp', '-r'],
      ] as const) {
        await succeeds(owner.notary(['key', 'rotate', repository, ...args], { input: 'yes\n' }));
        await succeeds(owner.dct(['key', 'rotate', repository, args[0], '-y']));
        await expectRead([reader], repository, image);
      }
    });

    it('two rotations of the root at once both get through: the server calls the second one wrong, not late (PB-07)', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await expectRead([reader], repository, image);
      const rotate = () => succeeds(owner.dct(['key', 'rotate', repository, 'root', '-y']));
      await Promise.all([rotate(), rotate()]);
      await expectRead([reader], repository, image);
      await succeeds(owner.dct(['key', 'check']));
      const { stdout } = await succeeds(owner.dct(['list', repository, '--expiry', '--json']));
      expect(stdout).toMatch(/"role": "root",\s+"version": 3,/u);
    });

    it('rotation of a repository that does not exist creates nothing (P-19)', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      expect(await owner.dct(['key', 'rotate', repository, 'targets'])).toMatchObject({ code: 3 });
      expect(await readdir(owner.dockerConfig)).not.toContain('trust');
      expect((await owner.notary(['list', repository])).code).not.toBe(0);
    });
  },
);
