// Servers that die in the middle of things: a clear exit status, nothing lost, and the next run works.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { readTree } from '../support/real/file-tree.ts';
import { buildImage, type Image, largeBlob, pushImage } from '../support/real/image.ts';
import { type NotaryServer, startNotaryServer } from '../support/real/notary-server.ts';
import { rawGet } from '../support/real/raw-http.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { createNotaryRepository, inspectedTags, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';
import { type Gateway, type GatewayRequest, startGateway } from '../support/real/trust-server-gateway.ts';

describeReal(['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'], 'servers that die', () => {
  const stage = useStage();

  async function push(repository: string, tag: string, image: Image = buildImage()): Promise<Image> {
    await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
    return image;
  }

  /** Roles of the private keys in a user's store, sorted. */
  async function keyRoles(user: User): Promise<readonly string[]> {
    const directory = join(user.trustDirectory, 'private');
    const files = (await readdir(directory)).filter((name) => name.endsWith('.key'));
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
    return texts.map((text) => /^role: (\S+)$/mu.exec(text)?.[1] ?? '?').sort();
  }

  /** Runs `work` with a notary-server and a gateway of its own, so that killing one disturbs no other test. */
  async function withGateway(work: (gateway: Gateway, notary: NotaryServer) => Promise<void>): Promise<void> {
    const notary = await startNotaryServer(stage.directory, stage.authority);
    const gateway = await startGateway(stage.authority, notary);
    try {
      await work(gateway, notary);
    } finally {
      await gateway.close();
      await notary.stop();
    }
  }

  it('registry killed: nothing is signed, and signing works after its restart', async () => {
    const owner = await stage.user();
    const repository = stage.newRepository();
    const first = await push(repository, '1.0');
    const second = await push(repository, '2.0');
    await succeeds(owner.dct(['sign', `${repository}:1.0`]));

    await stage.registry.kill();
    try {
      expect(await refusalOf(owner, ['sign', `${repository}:2.0`])).toMatchObject({
        exit: 4,
        code: 'UNREACHABLE',
      });
      const resolved = await succeeds(owner.dct(['resolve', `${repository}:1.0`]));
      expect(resolved.stdout, 'trust data does not need the registry').toBe(
        `${repository}@${first.digest}\n`,
      );
    } finally {
      await stage.registry.restart();
    }

    await succeeds(owner.dct(['sign', `${repository}:2.0`]));
    expect(await signedTags(await stage.user(), repository)).toMatchObject([
      { tag: '1.0', digest: first.digest },
      { tag: '2.0', digest: second.digest },
    ]);
  });

  it('notary-server killed before the first publication arrives: the next run uses the same keys', async () => {
    await withGateway(async (gateway, notary) => {
      const owner = await stage.user(gateway);
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      gateway.behave(async (request, forward) => {
        if (request.method === 'POST') await notary.kill();
        return await forward();
      });

      const failed = await owner.dct(['sign', `${repository}:1.0`]);
      expect(failed).toMatchObject({ code: 4, stdout: '' });
      const keysBefore = await readTree(join(owner.trustDirectory, 'private'));

      await notary.restart();
      gateway.behave((_, forward) => forward());
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      expect(await readTree(join(owner.trustDirectory, 'private')), 'keys').toMatchObject(keysBefore);
      expect(await keyRoles(owner)).toEqual(['root', 'targets']);
      expect(await inspectedTags(await stage.user(gateway), repository)).toMatchObject([
        { digest: image.digest },
      ]);
    });
  });

  const isPublication = ({ method }: GatewayRequest): boolean => method === 'POST';
  it.each([
    { moment: 'before the publication arrives', cut: isPublication, arrives: false },
    { moment: 'after the publication was stored, before the answer', cut: isPublication, arrives: true },
    {
      moment: 'while reading the trust data',
      cut: ({ path }: GatewayRequest): boolean => path.includes('/snapshot.'),
      arrives: false,
    },
  ])(
    'connection to the trust server lost $moment: exit 4, and the next run completes it',
    async ({ cut, arrives }) => {
      await withGateway(async (gateway) => {
        const owner = await stage.user(gateway);
        const repository = stage.newRepository();
        const first = await push(repository, '1.0');
        const second = await push(repository, '2.0');
        await succeeds(owner.dct(['sign', `${repository}:1.0`]));
        const before = await readTree(owner.dockerConfig);

        gateway.behave(async (request, forward) => {
          if (!cut(request)) return await forward();
          if (arrives) await forward();
          return undefined;
        });
        const failed = await owner.dct(['sign', `${repository}:2.0`]);
        expect(failed).toMatchObject({ code: 4, stdout: '' });
        expect(failed.stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
        expect(await readTree(owner.dockerConfig), 'files').toEqual(before);

        gateway.behave((_, forward) => forward());
        await succeeds(owner.dct(['sign', `${repository}:2.0`]));
        expect(await signedTags(await stage.user(gateway), repository)).toMatchObject([
          { tag: '1.0', digest: first.digest },
          { tag: '2.0', digest: second.digest },
        ]);
      });
    },
  );

  it('notary-server down: unexpired trust data in the cache answers, an empty cache cannot', async () => {
    await withGateway(async (gateway, notary) => {
      const [owner, known, stranger] = [
        await stage.user(gateway),
        await stage.user(gateway),
        await stage.user(gateway),
      ];
      const repository = stage.newRepository();
      const image = await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await succeeds(known.dct(['resolve', `${repository}:1.0`]));
      const started = ['--registry', stage.registry.host, '--tofu'];
      const [knownProxy, strangerProxy] = [
        await known.startProxy(started),
        await stranger.startProxy(started),
      ];
      try {
        await notary.kill();
        const cached = await succeeds(known.dct(['resolve', `${repository}:1.0`]));
        expect(cached.stdout).toBe(`${repository}@${image.digest}\n`);
        expect(await refusalOf(stranger, ['resolve', `${repository}:1.0`])).toMatchObject({ exit: 4 });

        const path = `/v2/${stage.pathOf(repository)}/manifests/1.0`;
        expect(await rawGet(knownProxy.host, path)).toMatchObject({ status: 200, complete: true });
        expect(await rawGet(strangerProxy.host, path)).toMatchObject({ status: 503, complete: true });
      } finally {
        await Promise.all([knownProxy.stop(), strangerProxy.stop()]);
      }
    });
  });

  it('notary-server that comes back empty is refused, and what was trusted stays', async () => {
    await withGateway(async (gateway, notary) => {
      const owner = await stage.user(gateway);
      const repository = stage.newRepository();
      await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await notary.restart();
      const gone = { exit: 3, code: 'TRUST_DATA_GONE' };
      expect(await refusalOf(owner, ['resolve', `${repository}:1.0`])).toMatchObject(gone);
      expect(await refusalOf(owner, ['verify', repository])).toMatchObject(gone);
    });
  });

  it('a repository begun anew with other keys is refused by those who knew the old one (P-36)', async () => {
    await withGateway(async (gateway, notary) => {
      const [owner, known, impostor] = [
        await stage.user(gateway),
        await stage.user(gateway),
        await stage.user(gateway),
      ];
      const repository = stage.newRepository();
      await push(repository, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      await succeeds(known.dct(['resolve', `${repository}:1.0`]));
      await notary.restart();
      await createNotaryRepository(impostor, repository, {
        snapshotKey: 'server',
        tags: { '1.0': buildImage() },
      });

      expect(await refusalOf(known, ['resolve', `${repository}:1.0`])).toMatchObject({ exit: 3 });
      expect(await refusalOf(owner, ['sign', `${repository}:1.0`])).toMatchObject({ exit: 3 });

      await succeeds(known.dct(['forget', repository, '--root', '--yes']));
      const { stderr } = await succeeds(known.dct(['resolve', `${repository}:1.0`]));
      expect(stderr).toContain('first contact');
    });
  });

  it('registry killed in the middle of a pull: no complete body, and the same proxy serves after its restart', async () => {
    const [owner, puller] = [await stage.user(), await stage.user()];
    const repository = stage.newRepository();
    const layer = largeBlob(64 * 1024 * 1024);
    await push(repository, '1.0', buildImage({ layers: [layer] }));
    await succeeds(owner.dct(['sign', `${repository}:1.0`]));
    const proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu']);
    const path = `/v2/${stage.pathOf(repository)}/blobs/${layer.digest}`;
    try {
      const broken = await rawGet(proxy.host, path, () => stage.registry.kill());
      expect(broken.complete).toBe(false);
      const down = await rawGet(proxy.host, path);
      expect(down).toMatchObject({ status: 503, complete: true });

      await stage.registry.restart();
      const whole = await rawGet(proxy.host, path);
      expect(whole).toMatchObject({ status: 200, complete: true });
      expect(whole.body.length).toBe(layer.size);
    } finally {
      await proxy.stop();
      await stage.registry.restart();
    }
  });
});
