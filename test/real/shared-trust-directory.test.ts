// One trust directory, three tools: what dct leaves there serves docker trust and notary, and the other way round.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { readTree } from '../support/real/file-tree.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { createDockerRepository, inspectedTags, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { type Gateway, startGateway } from '../support/real/trust-server-gateway.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'a shared trust directory',
  () => {
    const stage = useStage();
    let gateway: Gateway;
    let owner: User;
    let reader: User;
    let repository: string;

    beforeEach(async () => {
      gateway = await startGateway(stage.authority, stage.notary);
      [owner, reader] = [await stage.user(gateway), await stage.user(gateway)];
      repository = stage.newRepository();
    });
    afterEach(() => gateway.close());

    async function push(tag: string): Promise<Image> {
      const image = buildImage();
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    it('the cache that dct writes holds the same files as the one docker trust writes', async () => {
      await createDockerRepository(owner, repository, {
        signer: 'alice',
        tags: { '1.0': await push('1.0') },
      });
      const other = await stage.user(gateway);
      await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
      await inspectedTags(other, repository);

      const metadata = (user: User): string => join(user.trustDirectory, 'tuf', repository, 'metadata');
      expect(await readTree(metadata(reader))).toEqual(await readTree(metadata(other)));
    });

    it('without the server, notary reads what dct left, and dct reads what docker trust left', async () => {
      const image = await push('1.0');
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
      const other = await stage.user(gateway);
      await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
      await inspectedTags(other, repository);
      await gateway.close();

      expect(await signedTags(reader, repository)).toMatchObject([{ tag: '1.0', digest: image.digest }]);
      const resolved = await succeeds(other.dct(['resolve', `${repository}:1.0`]));
      expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
    });

    it('dct lists the keys of docker trust and notary, and asks for no passphrase', async () => {
      await createDockerRepository(owner, repository, { signer: 'alice', tags: {} });
      const byNotary = await succeeds(owner.notary(['key', 'list']));
      const ids = [...byNotary.stdout.matchAll(/[0-9a-f]{64}/gu)].map(([id]) => id).sort();

      const env = {
        DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: undefined,
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: undefined,
      };
      const byDct = await succeeds(owner.dct(['key', 'list', '--json'], { env }));
      const { keys } = JSON.parse(byDct.stdout) as {
        keys: { role: string; keyId: string; gun: string | null }[];
      };
      expect(keys.map(({ keyId }) => keyId).sort()).toEqual(ids);
      expect(keys.map(({ role, gun }) => ({ role, gun }))).toEqual([
        { role: 'alice', gun: null },
        { role: 'root', gun: null },
        { role: 'targets', gun: repository },
      ]);
    });

    it('a key made by dct key generate signs with docker trust', async () => {
      const image = await push('1.0');
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
      await succeeds(reader.dct(['key', 'generate', 'bob', '--dir', reader.home]));
      const publicKey = join(reader.home, 'bob.pub');
      expect(await readFile(publicKey, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----\nrole: bob\n/u);
      await succeeds(owner.dockerTrust(['signer', 'add', '--key', publicKey, 'bob', repository]));

      await succeeds(reader.dockerTrust(['sign', `${repository}:1.0`]));
      expect(await inspectedTags(await stage.user(), repository)).toEqual([
        { tag: '1.0', digest: image.digest, signers: ['alice', 'bob'] },
      ]);
    });

    it.each([
      { what: 'one trust directory', copies: false },
      { what: 'a copy of the trust directory each', copies: true },
    ])('four processes with $what sign four tags at once, and none gets lost', async ({ copies }) => {
      const tags = ['1', '2', '3', '4'];
      const images = new Map<string, Image>();
      for (const tag of ['0', ...tags]) images.set(tag, await push(tag));
      await succeeds(owner.dct(['sign', `${repository}:0`]));
      const signers = await Promise.all(
        tags.map(async () => {
          if (!copies) return owner;
          const signer = await stage.user(gateway);
          await cp(owner.trustDirectory, signer.trustDirectory, { recursive: true });
          return signer;
        }),
      );

      await Promise.all(
        signers.map((signer, position) =>
          succeeds(signer.dct(['sign', `${repository}:${tags[position] ?? ''}`])),
        ),
      );

      expect(await signedTags(await stage.user(), repository)).toMatchObject(
        ['0', ...tags].map((tag) => ({ tag, digest: images.get(tag)?.digest })),
      );
    });
  },
);
