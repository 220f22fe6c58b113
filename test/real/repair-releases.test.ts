// What docker trust leaves behind when the last signer goes, and how dct makes the repository readable again (P-04).
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { createDockerRepository, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'releases without a signer',
  () => {
    const stage = useStage();

    it('are signed again by the owner with dct witness, and read by dct and notary; the next signer signs', async () => {
      const [owner, repository, image] = [await stage.user(), stage.newRepository(), buildImage()];
      await pushImage(stage.registry.url, stage.pathOf(repository), image, '1.0');
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
      const { keys } = JSON.parse((await succeeds(owner.dct(['key', 'list', '--json']))).stdout) as {
        keys: readonly { role: string; keyId: string }[];
      };
      const key = keys.find(({ role }) => role === 'alice')?.keyId ?? '';
      // What docker trust signer remove asks of notary, in the versions in which it removes anything.
      await succeeds(owner.notary(['delegation', 'remove', '-p', '-y', repository, 'targets/releases', key]));
      const reader = await stage.user();
      expect(await reader.dct(['resolve', `${repository}:1.0`])).toMatchObject({ code: 3, stdout: '' });

      // Whatever is tried meanwhile is refused with the way out.
      const pem = join(owner.home, 'carol.pub');
      await succeeds(owner.dct(['key', 'generate', 'carol', '--dir', owner.home]));
      for (const words of [
        ['signer', 'add', '--key', pem, 'carol', repository],
        ['signer', 'remove', 'alice', repository],
        ['delegation', 'list', repository],
        ['sign', `${repository}:1.0`],
      ]) {
        const { code, stderr } = await owner.dct(words);
        expect(code, words.join(' ')).toBe(3);
        expect(stderr).toContain('dct witness IMAGE targets/releases');
      }

      const witness = ['witness', repository, 'targets/releases'];
      expect((await owner.dct(witness)).code).toBe(9);
      const repaired = await succeeds(owner.dct([...witness, '-y']));
      expect(repaired.stdout).toContain(`1.0 in targets/releases: not signed -> ${image.digest}`);

      const resolved = await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
      expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
      expect(await signedTags(await stage.user(), repository)).toMatchObject([
        { tag: '1.0', digest: image.digest },
      ]);

      const bob = await stage.user();
      await succeeds(bob.dct(['key', 'generate', 'bob', '--dir', bob.home]));
      await succeeds(owner.dct(['signer', 'add', '--key', join(bob.home, 'bob.pub'), 'bob', repository]));
      await succeeds(bob.dct(['sign', `${repository}:1.0`]));
      await succeeds((await stage.user()).dct(['verify', `${repository}:1.0`]));
    });
  },
);
