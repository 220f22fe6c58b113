// A trust directory that nobody can write to, as in many pipelines: a read-only mount, so that it holds for root too (ST-02).
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { dctProgram, succeeds, type User } from '../support/real/clients.ts';
import { readTree } from '../support/real/file-tree.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

const own = ['--user', '--map-root-user', '--mount'];

/** Whether this machine lets us mount in a namespace of our own; containers often may not. */
function mayMount(): boolean {
  try {
    execFileSync('unshare', [...own, 'true'], { stdio: 'ignore', env: { PATH: searchPath } });
    return true;
  } catch {
    return false;
  }
}

describeReal(['notary-server', 'docker-registry', 'openssl', 'unshare'], 'a read-only home', () => {
  const stage = useStage();

  /** The command line behind the user's own environment, in a world where the whole home is read-only. */
  function readOnly(user: User, args: readonly string[]): ReturnType<User['run']> {
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd / && exec "$@"';
    return user.run('unshare', [
      ...own,
      'sh',
      '-c',
      script,
      user.home,
      process.execPath,
      dctProgram,
      ...args,
    ]);
  }

  it.skipIf(!mayMount())(
    'P-35: reading works in memory with one warning, and publishing fails before anything is published',
    async () => {
      const [owner, stranger] = [await stage.user(), await stage.user()];
      const repository = stage.newRepository();
      const image = buildImage();
      const { digest } = image;
      const fresh = stage.newRepository();
      for (const name of [repository, fresh])
        await pushImage(stage.registry.url, stage.pathOf(name), image, '1.0');
      await succeeds(owner.dct(['sign', `${repository}:1.0`]));
      const before = await Promise.all([owner, stranger].map(({ home }) => readTree(home)));

      for (const command of [
        ['resolve', `${repository}:1.0`],
        ['verify', `${repository}:1.0`],
        ['list', repository],
      ]) {
        const { code, stdout, stderr } = await readOnly(stranger, command);
        expect([code, stdout.includes(digest)], stderr).toEqual([0, true]);
        const warnings = stderr.split('\n').filter((line) => line.includes('will not be remembered'));
        expect(warnings).toHaveLength(1);
      }
      for (const [user, name] of [
        [owner, repository],
        [stranger, fresh],
      ] as const) {
        const { code, stdout, stderr } = await readOnly(user, ['sign', `${name}:2.0`, '--digest', digest]);
        expect([code, stdout], stderr).toEqual([7, '']);
      }
      expect(await Promise.all([owner, stranger].map(({ home }) => readTree(home)))).toEqual(before);
      expect((await succeeds(owner.dct(['list', repository, '--json']))).stdout).not.toContain('"2.0"');
    },
  );
});
