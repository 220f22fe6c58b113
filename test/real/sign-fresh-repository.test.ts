// `dct sign` where nobody has signed before: docker trust and notary see exactly what the registry serves.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { readTree } from '../support/real/file-tree.ts';
import { buildImage, buildIndex, type Image, pushImage } from '../support/real/image.ts';
import { inspectedTags, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startGateway } from '../support/real/trust-server-gateway.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'sign in a fresh repository',
  () => {
    const stage = useStage();

    async function push(repository: string, tag: string, image: Image = buildImage()): Promise<Image> {
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    it('signs what the registry serves, and every client reads the same digest', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = await push(repository, 'latest');

      await succeeds(owner.dct(['sign', `${repository}:latest`]));

      expect(await inspectedTags(reader, repository)).toEqual([
        { tag: 'latest', digest: image.digest, signers: ['Repo Admin'] },
      ]);
      expect(await signedTags(reader, repository)).toEqual([
        { tag: 'latest', digest: image.digest, size: image.size, role: 'targets' },
      ]);
      const lookup = await succeeds(reader.notary(['lookup', repository, 'latest']));
      expect(lookup.stdout).toBe(`latest ${image.digest} ${image.size}\n`);
      const resolved = await succeeds(reader.dct(['resolve', `${repository}:latest`]));
      expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
    });

    it('notary verify accepts the manifest and nothing else', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const image = await push(repository, 'latest');
      await succeeds(owner.dct(['sign', `${repository}:latest`]));

      const reader = await stage.user();
      const genuine = await reader.notary(['verify', '--quiet', repository, 'latest'], {
        input: image.bytes,
      });
      const altered = await reader.notary(['verify', '--quiet', repository, 'latest'], {
        input: buildImage().bytes,
      });
      expect([genuine.code, altered.code]).toEqual([0, 1]);
    });

    it('signs a moved tag again, for clients with a warm cache too', async () => {
      const [owner, reader] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      await push(repository, 'latest');
      await succeeds(owner.dct(['sign', `${repository}:latest`]));
      await signedTags(reader, repository);
      await inspectedTags(reader, repository);

      const second = await push(repository, 'latest');
      await succeeds(owner.dct(['sign', `${repository}:latest`]));

      expect(await signedTags(reader, repository)).toMatchObject([{ tag: 'latest', digest: second.digest }]);
      expect(await inspectedTags(reader, repository)).toMatchObject([
        { tag: 'latest', digest: second.digest },
      ]);
      const resolved = await succeeds(reader.dct(['resolve', `${repository}:latest`]));
      expect(resolved.stdout).toBe(`${repository}@${second.digest}\n`);
    });

    it('adds a second tag and keeps the first', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const [first, second] = [await push(repository, '1.0'), await push(repository, '1.1')];
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await succeeds(owner.dct(['sign', `${repository}:1.1`]));

      const reader = await stage.user();
      expect(await signedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: first.digest, size: first.size, role: 'targets' },
        { tag: '1.1', digest: second.digest, size: second.size, role: 'targets' },
      ]);
    });

    it('signs several tags in one publication (P-24)', async () => {
      const gateway = await startGateway(stage.authority, stage.notary);
      const publications: string[] = [];
      gateway.behave((request, forward) => {
        if (request.method === 'POST') publications.push(request.path);
        return forward();
      });
      try {
        const owner = await stage.user(gateway);
        const repository = stage.newRepository();
        const [first, second] = [await push(repository, '1.0'), await push(repository, '1.1')];
        await succeeds(owner.dct(['sign', `${repository}:1.0`, `${repository}:1.1`]));

        expect(publications).toEqual([`/v2/${repository}/_trust/tuf/`]);
        expect(await inspectedTags(await stage.user(), repository)).toMatchObject([
          { tag: '1.0', digest: first.digest },
          { tag: '1.1', digest: second.digest },
        ]);
      } finally {
        await gateway.close();
      }
    });

    it.each(['oci', 'docker'] as const)(
      'signs the digest of a multi-architecture %s index',
      async (format) => {
        const owner = await stage.user();
        const repository = stage.newRepository();
        const index = await push(repository, 'all', buildIndex(format));
        await succeeds(owner.dct(['sign', `${repository}:all`]));

        const reader = await stage.user();
        expect(await signedTags(reader, repository)).toEqual([
          { tag: 'all', digest: index.digest, size: index.size, role: 'targets' },
        ]);
        await succeeds(reader.dct(['verify', `${repository}:all`, '--deep']));
      },
    );

    it('signs the digest that it is given, whatever the tag points to', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const wanted = await push(repository, 'latest');
      await push(repository, 'latest');
      await succeeds(owner.dct(['sign', `${repository}:latest`, '--digest', wanted.digest]));

      expect(await signedTags(await stage.user(), repository)).toMatchObject([
        { digest: wanted.digest, size: wanted.size },
      ]);
    });

    it('with --signer, creates the delegations as docker trust sign does', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`, '--signer', 'alice']));

      const reader = await stage.user();
      expect(await inspectedTags(reader, repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['alice'] },
      ]);
      const delegations = await succeeds(reader.notary(['delegation', 'list', repository]));
      expect(delegations.stdout).toMatch(/^targets\/alice +"" <all paths> +[0-9a-f]{64} +1 *$/mu);
      expect(delegations.stdout).toMatch(/^targets\/releases +"" <all paths> +[0-9a-f]{64} +1 *$/mu);
    });

    it('leaves key files that notary lists and docker trust signs with', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`, '--signer', 'alice']));

      const keys = await succeeds(owner.notary(['key', 'list']));
      const roles = [...keys.stdout.matchAll(/^(\S+) .*[0-9a-f]{64}/gmu)].map(([, role]) => role).sort();
      expect(roles).toEqual(['alice', 'root', 'targets']);
      const signed = await owner.dockerTrust(['sign', `${repository}:1.0`]);
      expect(signed).toMatchObject({ code: 0 });
    });

    it('--dry-run publishes nothing and writes nothing', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      await push(repository, '1.0');
      const before = await readTree(owner.dockerConfig);

      await succeeds(owner.dct(['sign', `${repository}:1.0`, '--dry-run']));

      expect(await readTree(owner.dockerConfig)).toEqual(before);
      const listed = await owner.notary(['list', repository]);
      expect(listed.stdout).toContain(`does not have trust data for ${repository}`);
    });

    it('takes the server and its authority from flags as well', async () => {
      const owner = await stage.user({ url: 'https://elsewhere.invalid', host: 'elsewhere.invalid' });
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      const flags = ['--server', stage.notary.url, '--tlscacert', stage.authority.caFile];

      await succeeds(owner.dct(['sign', `${repository}:1.0`, ...flags]));

      const resolved = await succeeds(owner.dct(['resolve', `${repository}:1.0`, ...flags]));
      expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
    });

    it('uses a key made by dct key generate for that signer, and writes its public half', async () => {
      const owner = await stage.user();
      const repository = stage.newRepository();
      await push(repository, '1.0');
      await succeeds(owner.dct(['key', 'generate', 'bob', '--dir', owner.home]));
      const publicKey = await readFile(join(owner.home, 'bob.pub'), 'utf8');
      expect(publicKey).toContain('-----BEGIN PUBLIC KEY-----\nrole: bob\n');

      await succeeds(owner.dct(['sign', `${repository}:1.0`, '--signer', 'bob']));

      const keys = await succeeds(owner.notary(['key', 'list']));
      expect(keys.stdout.match(/^bob /gmu)).toHaveLength(1);
      expect(await inspectedTags(owner, repository)).toMatchObject([{ signers: ['bob'] }]);
    });
  },
);
