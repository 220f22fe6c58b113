// Two people on two machines reach a threshold of two, with real servers in between and real tools as readers (dialect 10.7).
import { chmod, copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'an offline bundle', () => {
  const stage = useStage();
  let owner: User;
  let alice: User;
  let bob: User;
  let repository: string;
  let image: Image;

  /** `targets/releases` needs alice and bob. */
  beforeEach(async () => {
    [owner, alice, bob] = [await stage.user(), await stage.user(), await stage.user()];
    repository = stage.newRepository();
    await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), '0.9');
    const keys: string[] = [];
    for (const [name, user] of [
      ['alice', alice],
      ['bob', bob],
    ] as const) {
      await succeeds(user.dct(['key', 'generate', name, '--dir', user.home]));
      keys.push(join(user.home, `${name}.pub`));
    }
    await succeeds(owner.dct(['sign', `${repository}:0.9`]));
    const add = ['delegation', 'add', repository, 'targets/releases', ...keys];
    await succeeds(owner.dct([...add, '--all-paths', '--threshold', '2']));
    image = buildImage();
    await pushImage(stage.registry.url, stage.pathOf(repository), image, '1.0');
  });

  /** The file travels from one machine to the other. */
  async function send(from: User, to: User): Promise<void> {
    await copyFile(join(from.home, 'bundle.json'), join(to.home, 'bundle.json'));
  }

  it('is begun by one, signed by the other, published by a third, and read by dct and notary', async () => {
    const begun = await succeeds(alice.dct(['sign', '--offline-bundle', 'bundle.json', `${repository}:1.0`]));
    expect(begun.stdout).toMatch(/targets\/releases: 1 of 2 signatures/u);
    expect((await stat(join(alice.home, 'bundle.json'))).mode & 0o777).toBe(0o600);
    const early = await alice.dct(['publish', 'bundle.json']);
    expect(early).toMatchObject({ code: 6, stdout: '' });

    await send(alice, bob);
    expect((await bob.dct(['sign', '--offline-bundle', 'bundle.json'])).code).toBe(9);
    const signed = await succeeds(bob.dct(['sign', '--offline-bundle', 'bundle.json', '-y']));
    expect(signed.stdout).toContain(`1.0 in targets/releases: not signed -> ${image.digest}`);
    expect(signed.stdout).toMatch(/targets\/releases: 2 of 2 signatures/u);

    await send(bob, owner);
    await succeeds(owner.dct(['publish', 'bundle.json']));
    const resolved = await succeeds((await stage.user()).dct(['resolve', `${repository}:1.0`]));
    expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
    const byNotary = await signedTags(await stage.user(), repository);
    expect(byNotary).toContainEqual({
      tag: '1.0',
      digest: image.digest,
      size: image.size,
      role: 'targets/releases',
    });
    expect((await succeeds(owner.dct(['publish', 'bundle.json']))).stdout).toContain('already published');
  });

  it('copies that were signed at the same time are published together', async () => {
    await succeeds(alice.dct(['sign', '--offline-bundle', 'bundle.json', `${repository}:1.0`]));
    await send(alice, bob);
    await succeeds(bob.dct(['sign', '--offline-bundle', 'bundle.json', '-y']));
    await copyFile(join(alice.home, 'bundle.json'), join(owner.home, 'first.json'));
    await copyFile(join(bob.home, 'bundle.json'), join(owner.home, 'second.json'));
    await succeeds(owner.dct(['publish', 'first.json', 'second.json']));
    await succeeds((await stage.user()).dct(['verify', `${repository}:1.0`]));
  });

  it('is outdated once somebody else has published, and is never written over another file', async () => {
    const begin = ['sign', '--offline-bundle', 'bundle.json', `${repository}:1.0`];
    await succeeds(alice.dct(begin));
    const before = await readFile(join(alice.home, 'bundle.json'));
    expect((await alice.dct(begin)).code).toBe(6);
    expect(await readFile(join(alice.home, 'bundle.json'))).toEqual(before);

    await succeeds(bob.dct(['sign', '--offline-bundle', 'bundle.json', `${repository}:1.0`]));
    await send(bob, alice);
    await succeeds(alice.dct(['sign', '--offline-bundle', 'bundle.json', '-y']));
    await succeeds(alice.dct(['publish', 'bundle.json']));
    await chmod(join(alice.home, 'bundle.json'), 0o600);
    await copyFile(join(alice.home, 'bundle.json'), join(alice.home, 'done.json'));
    const image2 = buildImage();
    await pushImage(stage.registry.url, stage.pathOf(repository), image2, '2.0');
    await succeeds(alice.dct(['sign', '--offline-bundle', 'next.json', `${repository}:2.0`]));
    await succeeds(
      alice.dct(['sign', '--offline-bundle', 'rival.json', `${repository}:1.0`, `${repository}:2.0`]),
    );
    await copyFile(join(alice.home, 'rival.json'), join(bob.home, 'rival.json'));
    await succeeds(bob.dct(['sign', '--offline-bundle', 'rival.json', '-y']));
    await succeeds(bob.dct(['publish', 'rival.json']));
    expect(await alice.dct(['publish', 'next.json'])).toMatchObject({ code: 8, stdout: '' });
  });
});
