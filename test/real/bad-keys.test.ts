// Passphrases and key files that do not fit: exit 6, nothing published, nothing written.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { runCommand } from '../support/real/programs.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'keys that do not fit', () => {
  const stage = useStage();
  let owner: User;
  let repository: string;

  beforeEach(async () => {
    owner = await stage.user();
    repository = stage.newRepository();
    for (const tag of ['1.0', '2.0'])
      await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), tag);
    await succeeds(owner.dct(['sign', `${repository}:1.0`]));
  });

  /** The user's key file with this `role` header. */
  async function keyFile(user: User, role: string): Promise<string> {
    const directory = join(user.trustDirectory, 'private');
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      if ((await readFile(file, 'utf8')).includes(`role: ${role}\n`)) return file;
    }
    throw new Error(`no ${role} key in ${directory}`);
  }

  async function expectNothingPublished(): Promise<void> {
    const tags = await signedTags(await stage.user(), repository);
    expect(tags.map(({ tag }) => tag)).toEqual(['1.0']);
  }

  const wrong = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the passphrase' };
  it.each([
    { what: 'a new tag', tag: '2.0' },
    { what: 'a tag that is signed already', tag: '1.0' },
  ])('a wrong passphrase when signing $what', async ({ tag }) => {
    const refusal = await refusalOf(owner, ['sign', `${repository}:${tag}`], { env: wrong });
    expect(refusal).toMatchObject({ exit: 6, code: 'WRONG_PASSPHRASE' });
    await expectNothingPublished();
  });

  it('a wrong root passphrase when a second repository begins', async () => {
    const second = stage.newRepository();
    await pushImage(stage.registry.url, stage.pathOf(second), buildImage(), '1.0');
    const env = { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'not the passphrase' };
    expect(await refusalOf(owner, ['sign', `${second}:1.0`], { env })).toMatchObject({
      exit: 6,
      code: 'WRONG_PASSPHRASE',
    });
    const listed = await owner.notary(['list', second]);
    expect(listed.stdout).toContain(`does not have trust data for ${second}`);
  });

  it('no passphrase and no terminal: the variable is named', async () => {
    const env = {
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: undefined,
      NOTARY_TARGETS_PASSPHRASE: undefined,
    };
    const refusal = await refusalOf(owner, ['sign', `${repository}:2.0`], { env });
    expect(refusal).toMatchObject({ exit: 6, code: 'PASSPHRASE_MISSING' });
    const { stderr } = await owner.dct(['sign', `${repository}:2.0`], { env });
    expect(stderr).toContain('DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE');
  });

  it.each([
    { what: 'empty', damage: () => '' },
    { what: 'cut in half', damage: (text: string) => text.slice(0, text.length / 2) },
    {
      what: 'without its last line of data',
      damage: (text: string) => text.replace(/[^\n]+\n(?=-----END)/u, ''),
    },
    { what: 'no key at all', damage: () => 'these are not the keys you are looking for\n' },
    { what: 'a certificate', damage: () => readFile(stage.authority.caFile, 'utf8') },
    {
      what: 'the root key under the name of the repository key',
      damage: async () => readFile(await keyFile(owner, 'root'), 'utf8'),
    },
  ])('a key file that is $what', async ({ damage }) => {
    const file = await keyFile(owner, 'targets');
    await writeFile(file, await damage(await readFile(file, 'utf8')));
    const refusal = await refusalOf(owner, ['sign', `${repository}:2.0`]);
    expect(refusal.exit, refusal.cause).toBe(6);
    await expectNothingPublished();
  });

  it('a key file made by openssl, for another key, in a format that notary cannot read either', async () => {
    const file = await keyFile(owner, 'targets');
    const { stdout } = await succeeds(
      runCommand(
        'openssl',
        [
          'genpkey',
          '-algorithm',
          'EC',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-aes-128-cbc',
          '-pass',
          'pass:repository passphrase',
        ],
        { env: { PATH: searchPath }, cwd: owner.home },
      ),
    );
    await writeFile(file, stdout);
    const refusal = await refusalOf(owner, ['sign', `${repository}:2.0`]);
    expect(refusal.exit, refusal.cause).toBe(6);
    await expectNothingPublished();
  });

  it('no key for the repository on this machine', async () => {
    const reader = await stage.user();
    await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
    const refusal = await refusalOf(reader, ['sign', `${repository}:2.0`]);
    expect(refusal).toMatchObject({ exit: 6, code: 'KEY_MISSING' });
  });
});
