// Defects of docker trust and notary, by their numbers in docs/parity.md: what dct does in the same situation.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, buildIndex, pushImage, type Image } from '../support/real/image.ts';
import { createDockerRepository, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { refusalIn } from '../support/real/sandbox-process.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'where docker trust and notary go wrong',
  () => {
    const stage = useStage();
    /** Begun by docker trust, with the signer alice and the tag 1.0. */
    let owner: User;
    let repository: string;
    let image: Image;
    beforeAll(async () => {
      [owner, repository] = [await stage.user(), stage.newRepository()];
      image = await push(repository, '1.0');
      await createDockerRepository(owner, repository, { signer: 'alice', tags: { '1.0': image } });
    });

    async function push(where: string, tag: string, what: Image = buildImage()): Promise<Image> {
      await pushImage(stage.registry.url, stage.pathOf(where), what, tag);
      return what;
    }
    const resolved = async (reader: User, tag: string, where = repository): Promise<string> =>
      (await succeeds(reader.dct(['resolve', `${where}:${tag}`]))).stdout;
    const wrong = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'another passphrase' };

    it('P-06: what notary has staged is neither published nor dropped by another command (PB-09)', async () => {
      const staged = [
        'addhash',
        repository,
        'staged',
        '10',
        '--sha256',
        'ab'.repeat(32),
        '--roles',
        'targets/releases',
      ];
      await succeeds(owner.notary(staged));
      await push(repository, 'p06');
      await succeeds(owner.dct(['sign', `${repository}:p06`]));
      await succeeds(owner.dct(['inspect', repository]));
      expect(await refusalIn(owner.dct(['resolve', `${repository}:staged`, '--json']))).toMatchObject({
        code: 'NOT_SIGNED',
      });
      expect((await succeeds(owner.notary(['status', repository]))).stdout).toContain('staged');
      await succeeds(owner.notary(['reset', repository, '--all']));
    });

    it('P-07, P-36: another root is called an attack by every command, never "no signatures"', async () => {
      const [first, second, reader] = [await stage.user(), await stage.user(), await stage.user()];
      const replaced = stage.newRepository();
      await push(replaced, '1.0');
      await succeeds(first.dct(['sign', `${replaced}:1.0`]));
      await resolved(reader, '1.0', replaced);
      await succeeds(first.notary(['delete', replaced, '--remote']));
      await succeeds(second.dct(['sign', `${replaced}:1.0`]));
      for (const command of ['inspect', 'list', 'verify']) {
        const { exit, code } = await refusalIn(reader.dct([command, replaced, '--json']));
        expect(exit).toBe(3);
        expect(['NO_TRUST_DATA', 'NOT_SIGNED']).not.toContain(code);
      }
    });

    it('P-08: signing an unchanged tag with a wrong passphrase is no success', async () => {
      const docker = await owner.dockerTrust(['sign', `${repository}:1.0`], { env: wrong });
      expect(docker).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Successfully signed') as string,
      });
      expect(await owner.dct(['sign', `${repository}:1.0`], { env: wrong })).toMatchObject({ code: 6 });
    });

    it('P-09: the certificate of a trust server on loopback is verified as any other', async () => {
      const reader = await stage.user();
      await rm(join(reader.dockerConfig, 'tls'), { recursive: true });
      expect(await reader.dockerTrust(['inspect', repository])).toMatchObject({ code: 0 });
      expect(await refusalIn(reader.dct(['inspect', repository, '--json']))).toMatchObject({ exit: 4 });
    });

    it('P-10: verify and resolve fail for a tag that nobody signed', async () => {
      expect(await owner.dockerTrust(['inspect', `${repository}:unsigned`])).toMatchObject({ code: 0 });
      for (const command of ['verify', 'resolve'])
        expect(await refusalIn(owner.dct([command, `${repository}:unsigned`, '--json']))).toEqual({
          exit: 3,
          code: 'NOT_SIGNED',
        });
    });

    it('P-11, P-23: a digest in the reference is never passed over', async () => {
      const reference = `${repository}@sha256:${'0'.repeat(64)}`;
      expect(await owner.dockerTrust(['inspect', reference])).toMatchObject({ code: 0 });
      for (const command of ['inspect', 'resolve', 'sign', 'revoke'])
        expect(await owner.dct([command, reference])).toMatchObject({ code: 2, stdout: '' });
      expect(await owner.dct(['verify', reference])).toMatchObject({ code: 3, stdout: '' });
    });

    it.each([
      ['P-12: an index of several platforms', () => buildIndex()],
      ['P-13, P-66: an image that only the registry has', () => buildImage()],
    ])('%s is signed without an engine', async (name, build) => {
      const tag = name.slice(0, 4).toLowerCase();
      const content = await push(repository, tag, build());
      expect((await owner.dockerTrust(['sign', `${repository}:${tag}`])).code).not.toBe(0);
      await succeeds(owner.dct(['sign', `${repository}:${tag}`]));
      expect(await resolved(owner, tag)).toBe(`${repository}@${content.digest}\n`);
    });

    it('P-14: a tag that moved is signed as it is served now, and both digests are told (PB-11)', async () => {
      const before = await push(repository, 'p14');
      await succeeds(owner.dct(['sign', `${repository}:p14`]));
      const after = await push(repository, 'p14');
      await succeeds(owner.dockerTrust(['sign', `${repository}:p14`]));
      expect(await resolved(owner, 'p14')).toContain(before.digest);
      const { stdout, stderr } = await succeeds(owner.dct(['sign', `${repository}:p14`]));
      for (const { digest } of [before, after]) expect(stdout + stderr).toContain(digest);
      expect(await resolved(owner, 'p14')).toContain(after.digest);
    });

    it('P-15: who has no key of a signer is told which keys would do', async () => {
      const [admin, bob] = [await stage.user(), await stage.user()];
      const shared = stage.newRepository();
      await push(shared, '1.0');
      await succeeds(admin.dct(['sign', `${shared}:1.0`]));
      await succeeds(bob.dct(['key', 'generate', 'bob', '--dir', bob.home]));
      await succeeds(admin.dct(['signer', 'add', '--key', join(bob.home, 'bob.pub'), 'bob', shared]));
      const { code, stderr } = await admin.dct(['sign', `${shared}:1.0`]);
      expect(code).toBe(6);
      const { stdout: keys } = await succeeds(bob.dct(['key', 'list', '--json']));
      const [, bobsKey = 'none'] = /"([0-9a-f]{64})"/u.exec(keys) ?? [];
      expect(stderr).toContain(bobsKey);
    });

    it('P-16, P-03: two publishers at once both get through', async () => {
      const tags = ['p16-a', 'p16-b'];
      for (const tag of tags) await push(repository, tag);
      await Promise.all(tags.map((tag) => succeeds(owner.dct(['sign', `${repository}:${tag}`]))));
      const signed = (await signedTags(await stage.user(), repository)).map(({ tag }) => tag);
      expect(signed).toEqual(expect.arrayContaining(tags));
    });

    it('P-17: a signature that fails has pushed nothing (PB-15)', async () => {
      await push(repository, 'p17');
      const before = stage.registry.accessLog().length;
      await owner.dct(['sign', `${repository}:p17`], { env: wrong });
      const since = stage.registry.accessLog().slice(before);
      expect(since.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    });

    it('P-18, P-45: whoever holds no key of an existing repository makes none, and replaces nothing', async () => {
      const stranger = await stage.user();
      expect(await stranger.dct(['sign', `${repository}:1.0`])).toMatchObject({ code: 6 });
      const files = await readdir(stranger.trustDirectory, { recursive: true }).catch(() => []);
      expect(files.filter((file) => file.endsWith('.key'))).toEqual([]);
    });

    it.each(['Robot', 'robot$ci', 'releases', 'a.b'])(
      'P-21: %s is no signer, and nothing is made for it',
      async (name) => {
        const user = await stage.user();
        const begun = stage.newRepository();
        await push(begun, '1.0');
        expect(await user.dct(['sign', `${begun}:1.0`, '--signer', name])).toMatchObject({ code: 2 });
        expect(await readdir(user.dockerConfig)).not.toContain('trust');
        expect((await user.notary(['list', begun])).code).not.toBe(0);
      },
    );

    it('P-22, P-51: an answer from the cache says so, once', async () => {
      const reader = await stage.user();
      await resolved(reader, '1.0');
      const { stderr } = await succeeds(
        reader.dct(['resolve', `${repository}:1.0`, '--server', 'https://localhost:1']),
      );
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(/cache|did not answer/u);
    });

    it('P-29: trust on first use is told, with the key, and only then', async () => {
      const reader = await stage.user();
      const first = await succeeds(reader.dct(['resolve', `${repository}:1.0`]));
      expect(first.stderr).toMatch(/first.*[0-9a-f]{64}/su);
      expect((await succeeds(reader.dct(['resolve', `${repository}:1.0`]))).stderr).toBe('');
    });

    it('P-35: without a place to write, errors are errors', async () => {
      const nowhere = { env: { DOCKER_CONFIG: '/dev/null/docker' } };
      const directory = join(owner.home, 'p35');
      await mkdir(directory);
      const { code, stderr } = await owner.dct(['key', 'generate', 'p35', '--dir', directory], nowhere);
      expect(code).toBe(7);
      expect(stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
      expect(await readdir(directory)).toEqual([]);
    });

    it('P-39, P-62: root rotation asks once, takes --yes, and names the new key', async () => {
      const rotated = stage.newRepository();
      const admin = await stage.user();
      await push(rotated, '1.0');
      await succeeds(admin.dct(['sign', `${rotated}:1.0`]));
      expect(await admin.dct(['key', 'rotate', rotated, 'root'])).toMatchObject({ code: 9 });
      const { stdout } = await succeeds(admin.dct(['key', 'rotate', rotated, 'root', '--yes']));
      expect(stdout).toMatch(/[0-9a-f]{64}/u);
    });

    it('P-47: a slash at the end of the server’s address changes nothing', async () => {
      const { stdout } = await succeeds(
        owner.dct(['resolve', `${repository}:1.0`, '--server', `${stage.notary.url}/`]),
      );
      expect(stdout).toBe(`${repository}@${image.digest}\n`);
    });

    it('P-52: every reason for having no answer has a name of its own', async () => {
      const reader = await stage.user();
      const refused = async (server: string, where = repository): Promise<string> =>
        (await refusalIn(reader.dct(['list', where, '--server', server, '--json']))).code;
      const codes = [
        await refused('https://localhost:1'),
        await refused(stage.notary.url.replace('https', 'http')),
        await refused(stage.notary.url, stage.newRepository()),
      ];
      expect(new Set(codes).size).toBe(codes.length);
    });

    it('P-59: dct needs neither Docker nor notary', async () => {
      const { stdout } = await succeeds(
        owner.dct(['resolve', `${repository}:1.0`], { env: { PATH: '/nonexistent' } }),
      );
      expect(stdout).toBe(`${repository}@${image.digest}\n`);
    });
  },
);
