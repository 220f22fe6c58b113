// KS-07: dct killed at its file operations while it rotates keys: none is lost, the repository can be read and signed, and
// the rotation can be run again.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { passphrases, type User } from '../support/real/clients.ts';
import { dctInProcess } from '../support/real/dct-in-process.ts';
import { dyingAt, operationsOf } from '../support/real/dies-at-operation.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const secrets = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.repository,
};

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'KS-07: a rotation, killed', () => {
  const stage = useStage();
  /** Holds every key, those of the signer alice too. */
  let owner: User;
  /** Has seen the repository before the first rotation. */
  let reader: User;
  let repository: string;
  let image: Image;
  let signatures = 0;

  beforeAll(async () => {
    [owner, reader, repository] = [await stage.user(), await stage.user(), stage.newRepository()];
    image = buildImage();
    await pushImage(stage.registry.url, stage.pathOf(repository), image, '1.0');
    await newKeyOfAlice();
    await dct(['signer', 'add', '--key', join(owner.home, 'alice.pub'), 'alice', repository]);
    await dct(['sign', `${repository}:1.0`]);
    await expectRead();
  });

  /** In this process, which is faster. */
  const dct = (args: readonly string[], user = owner) =>
    dctInProcess(user, args, { ...secrets, DOCKER_CONTENT_TRUST_SERVER: stage.notary.url });

  async function newKeyOfAlice(): Promise<void> {
    await rm(join(owner.home, 'alice.pub'), { force: true });
    await dct(['key', 'generate', 'alice']);
  }

  const keyFiles = (): Promise<readonly string[]> => readdir(join(owner.trustDirectory, 'private'));

  async function expectRead(): Promise<void> {
    const { stdout } = await dct(['resolve', `${repository}:1.0`], reader);
    expect(stdout).toBe(`${repository}@${image.digest}\n`);
  }

  async function expectWhole(before: readonly string[]): Promise<void> {
    expect(await keyFiles()).toEqual(expect.arrayContaining([...before]));
    await dct(['key', 'check']);
    await expectRead();
    await dct(['sign', `${repository}:s${signatures++}`, '--digest', image.digest]);
  }

  /** Kinds of operations before which some rotation has died. */
  const tried = new Set<string>();

  /**
   * The last operation of each kind that is new, and always: the birth of a key, and what follows the publication. What is
   * done to temporary files is tried where keys are imported.
   */
  const worthTrying = (kinds: readonly string[]): readonly number[] =>
    [...new Set(kinds)]
      .filter((kind) => !kind.endsWith('.tmp') && !kind.startsWith('sync '))
      .filter((kind) => !tried.has(kind) || /private\/\*\.key$|link .*\/_lock$/u.test(kind))
      .map((kind) => kinds.lastIndexOf(kind) + 1)
      .sort((a, b) => a - b);

  // Each operation of each rotation would take several minutes.
  it.each([
    ['the root key', ['key', 'rotate', '-', 'root', '--yes']],
    ['the targets key', ['key', 'rotate', '-', 'targets']],
    ['the snapshot key, from the server', ['key', 'rotate', '-', 'snapshot', '--client-managed']],
    ['the snapshot key, to the server', ['key', 'rotate', '-', 'snapshot', '--server-managed']],
    ['the key of a signer', ['signer', 'add', 'alice', '-', '--replace', '--key', 'alice.pub']],
  ])('of %s can be run again, and nothing is lost', async (what, words) => {
    const command = words.map((word) => (word === '-' ? repository : word));
    const begin = async (): Promise<readonly string[]> => {
      if (what.endsWith('signer')) await newKeyOfAlice();
      return keyFiles();
    };
    await begin();
    const kinds = await operationsOf(owner.home, (env) => owner.dct(command, { env }));
    const deaths = worthTrying(kinds);
    expect(deaths.length).toBeGreaterThan(0);
    for (const operation of deaths) {
      const before = await begin();
      await dyingAt(owner.home, operation, (env) => owner.dct(command, { env }));
      await expectWhole(before);
      await dct(command);
      await expectRead();
      tried.add(kinds[operation - 1] ?? '');
    }
    await expectWhole(await keyFiles());
    expect(await signedTags(owner, repository)).toContainEqual(
      expect.objectContaining({ tag: '1.0', digest: image.digest }),
    );
  });
});
