// Delegations, revocations and witnessing by dct, read by docker trust and notary; and where docker leaves things undone.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage } from '../support/real/image.ts';
import {
  addTargets,
  createDockerRepository,
  inspectedTags,
  signedTags,
} from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'delegations and revocations',
  () => {
    const stage = useStage();

    async function generate(user: User, name: string): Promise<string> {
      await succeeds(user.dct(['key', 'generate', name, '--dir', user.home]));
      return join(user.home, `${name}.pub`);
    }

    const tagsOf = async (reader: User, repository: string): Promise<readonly string[]> =>
      (await inspectedTags(reader, repository)).map(({ tag }) => tag);

    it('a revoked tag is gone from targets too, where docker trust leaves it and reports success (P-05, P-20)', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const [leftover, image] = [buildImage(), buildImage()];
      await createDockerRepository(owner, repository, {
        signer: 'alice',
        tags: { '1.0': image, '2.0': image },
      });
      await addTargets(owner, repository, { '1.0': leftover }, ['targets']);
      await succeeds(owner.dockerTrust(['revoke', `${repository}:1.0`]));
      expect(await tagsOf(reader, repository)).toEqual(['1.0', '2.0']);

      await succeeds(owner.dct(['revoke', `${repository}:1.0`]));

      for (const user of [reader, await stage.user()]) {
        expect(await tagsOf(user, repository)).toEqual(['2.0']);
        expect((await signedTags(user, repository)).map(({ tag }) => tag)).toEqual(['2.0']);
        expect(await user.dct(['resolve', `${repository}:1.0`])).toMatchObject({ code: 3 });
      }
      expect(await owner.dct(['revoke', repository])).toMatchObject({ code: 9 });
      await succeeds(owner.dct(['revoke', repository, '-y']));
      expect(await tagsOf(reader, repository)).toEqual([]);
    });

    it('nested delegations with paths and two keys, declared by dct, used by notary', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = buildImage();
      await succeeds(owner.notary(['init', '--publish', repository]));
      const [ci, nightly] = [await generate(owner, 'ci'), await generate(owner, 'nightly')];
      await succeeds(owner.dct(['delegation', 'add', repository, 'targets/ci', ci, '--paths', 'ci-,dev-']));
      await succeeds(
        owner.dct(['delegation', 'add', repository, 'targets/ci/nightly', nightly, '--paths', 'ci-night']),
      );
      await addTargets(owner, repository, { 'ci-night1': image }, ['targets/ci/nightly']);
      expect(await signedTags(reader, repository)).toMatchObject([
        { tag: 'ci-night1', digest: image.digest, role: 'targets/ci/nightly' },
      ]);
      const listed = await succeeds(reader.notary(['delegation', 'list', repository]));
      const own = await succeeds(reader.dct(['delegation', 'list', repository]));
      for (const text of ['targets/ci', 'targets/ci/nightly', 'ci-night']) {
        expect(listed.stdout).toContain(text);
        expect(own.stdout).toContain(text);
      }
      await succeeds(owner.dct(['delegation', 'remove', repository, 'targets/ci', '-y']));
      expect(await signedTags(reader, repository)).toEqual([]);
      expect((await succeeds(reader.notary(['delegation', 'list', repository]))).stdout).toContain(
        'No delegations present',
      );
    });

    it('a signer who gets another key: witnessed by dct, everything is readable again', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = buildImage();
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
      await tagsOf(reader, repository);
      const next = await generate(owner, 'next');
      await succeeds(owner.dct(['signer', 'add', '--replace', '--key', next, 'alice', repository]));
      expect(await inspectedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['alice'] },
      ]);
      await succeeds(owner.dct(['witness', repository, 'targets/alice', 'targets', 'root']));
      await succeeds(owner.dockerTrust(['sign', `${repository}:1.0`]));
      expect(await inspectedTags(await stage.user(), repository)).toEqual(
        await inspectedTags(reader, repository),
      );
    });

    it('four changes at once to one repository: none is lost (P-03)', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const image = buildImage();
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { first: image } });
      const names = ['bob', 'carol', 'dave'];
      const signers: [name: string, key: string][] = [];
      for (const name of names) signers.push([name, await generate(owner, name)]);
      await Promise.all([
        ...signers.map(([name, key]) =>
          succeeds(owner.dct(['signer', 'add', '--key', key, name, repository])),
        ),
        succeeds(owner.dct(['key', 'rotate', repository, 'timestamp'])),
      ]);
      const { stdout } = await succeeds(owner.dct(['signer', 'list', repository]));
      for (const name of ['alice', ...names]) expect(stdout).toContain(name);
    });
  },
);
