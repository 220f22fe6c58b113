// The real notary program with the sandbox's server and with notary-server: the same commands, the same words.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useSideBySide, type Side } from '../sandbox/notary/side-by-side.ts';
import { succeeds, type User } from '../support/real/clients.ts';
import { describeReal } from '../support/real/requirement.ts';

const gun = 'registry.example:5000/team/app';
const content = randomBytes(100);
const hash = 'ab'.repeat(32);

interface Step {
  /** Of the notary program; `$home` is the user's directory. */
  readonly args: readonly string[];
  readonly input?: string;
}

/** The repository disappears from the server, behind its owner's back. */
const loss = 'loss';

/** One life of a repository. */
const life: readonly Step[] = [
  { args: ['list', gun] },
  { args: ['init', gun] },
  { args: ['publish', gun] },
  { args: ['add', gun, 'v1', '$home/content'] },
  { args: ['addhash', gun, 'v2', '100', '--sha256', hash] },
  { args: ['status', gun] },
  { args: ['publish', gun] },
  { args: ['list', gun] },
  { args: ['lookup', gun, 'v1'] },
  { args: ['lookup', gun, 'v9'] },
  { args: ['verify', gun, 'v1', '-i', '$home/content', '-q'] },
  { args: ['verify', gun, 'v2', '-i', '$home/content', '-q'] },
  { args: ['key', 'rotate', gun, 'snapshot', '--server-managed'] },
  { args: ['delegation', 'add', gun, 'targets/releases', '$home/alice.pub', '--all-paths'] },
  { args: ['delegation', 'add', gun, 'targets/alice', '$home/alice.pub', '--paths', 'v'] },
  { args: ['publish', gun] },
  { args: ['delegation', 'list', gun] },
  { args: ['addhash', '-p', gun, 'v3', '100', '--sha256', hash, '--roles', 'targets/releases'] },
  { args: ['addhash', '-p', gun, 'v4', '100', '--sha256', hash, '--roles', 'targets/alice'] },
  { args: ['addhash', '-p', gun, 'x5', '100', '--sha256', hash, '--roles', 'targets/alice'] },
  { args: ['reset', gun, '--all'] },
  { args: ['witness', '-p', gun, 'targets/releases'] },
  { args: ['list', gun, '--roles', 'targets/releases'] },
  { args: ['key', 'rotate', gun, 'root'], input: 'yes\n' },
  { args: ['key', 'rotate', gun, 'targets'] },
  { args: ['key', 'rotate', gun, 'timestamp', '--server-managed'] },
  { args: ['key', 'rotate', gun, 'snapshot', '--server-managed'] },
  { args: ['key', 'rotate', gun, 'snapshot'] },
  { args: ['key', 'rotate', gun, 'targets', '--server-managed'] },
  { args: ['list', gun] },
  { args: ['delegation', 'remove', gun, 'targets/alice', '-y'] },
  { args: ['remove', '-p', gun, 'v2'] },
  { args: ['delegation', 'list', gun] },
  { args: ['list', gun] },
  { args: ['delete', gun, '--remote'] },
  { args: ['list', gun] },
  { args: ['delete', gun, '--remote'] },
];

/** The owner's cache outlives the server's data, so that the next publication begins the repository again (dialect 9.5). */
const afterlife: readonly (Step | typeof loss)[] = [
  { args: ['init', '-p', gun] },
  { args: ['key', 'rotate', gun, 'snapshot', '--server-managed'] },
  { args: ['addhash', '-p', gun, 'v1', '100', '--sha256', hash] },
  loss,
  { args: ['addhash', '-p', gun, 'v2', '100', '--sha256', hash] },
  // The owner remembers a snapshot that the server cannot have made yet.
  { args: ['list', gun] },
  { args: ['delete', gun] },
  { args: ['list', gun] },
  { args: ['key', 'rotate', gun, 'targets'] },
  loss,
  // Version 3 of a root cannot be the first one.
  { args: ['addhash', '-p', gun, 'v3', '100', '--sha256', hash] },
];

describeReal(['notary', 'notary-server', 'docker', 'openssl'], 'notary on the sandbox’s server', () => {
  const servers = useSideBySide();

  async function newUser(side: Side): Promise<User> {
    const user = await side.user();
    await writeFile(join(user.home, 'content'), content);
    await succeeds(user.dockerTrust(['key', 'generate', 'alice', '--dir', user.home]));
    return user;
  }

  /** Everything the commands print, and after each the versions that are served; what differs by chance is taken out. */
  async function perform(side: Side, steps: readonly (Step | typeof loss)[]): Promise<readonly string[]> {
    const user = await newUser(side);
    const lines: string[] = [];
    for (const step of steps) {
      if (step === loss) {
        await side.send('DELETE', `/v2/${gun}/_trust/tuf/`);
        continue;
      }
      const { args, input } = step;
      const outcome = await user.notary(
        args.map((arg) => arg.replace('$home', user.home)),
        input === undefined ? {} : { input },
      );
      lines.push(`$ notary ${args.join(' ')} → ${outcome.code}`);
      lines.push(...normalised(outcome.stdout + outcome.stderr, user, side), await versions(side));
    }
    return lines;
  }

  async function versions(side: Side): Promise<string> {
    const shown = ['root', 'targets', 'targets/alice', 'targets/releases', 'snapshot', 'timestamp'].map(
      async (role) => {
        const { status, text } = await side.send('GET', `/v2/${gun}/_trust/tuf/${role}.json`);
        if (status !== 200) return `${role} -`;
        const { signed } = JSON.parse(text) as {
          signed: { version: number; expires: string; meta?: Record<string, unknown> };
        };
        const names = signed.meta === undefined ? '' : ` of ${Object.keys(signed.meta).join(' ')}`;
        return `${role} ${signed.version} until ${signed.expires.slice(0, 10)}${names}`;
      },
    );
    const feed = await side.send('GET', `/v2/${gun}/_trust/changefeed?records=1&change_id=-1`);
    const change = /"ID":"(\d+)".*"Version":(\d+),.*"Category":"(\w+)"/.exec(feed.text)?.slice(1) ?? ['none'];
    return [...(await Promise.all(shown)), `change ${change.join(' ')}`].join(', ');
  }

  function normalised(output: string, user: User, side: Side): string[] {
    return output
      .replaceAll(user.home, '$home')
      .replaceAll(side.host, 'SERVER')
      .replace(/\b(?!(?:ab){32})[0-9a-f]{64}\b/g, 'ID')
      .replace(/time="[^"]*"/g, 'time')
      .split('\n')
      .map((line) => line.trim().replace(/ {2,}/g, '  '))
      .filter((line) => line !== '');
  }

  // There is nothing to explain away in either: for its clients the two servers are the same.
  it.each([
    ['a repository’s life', life, ['list', 'lookup', 'verify', 'addhash', 'key', 'list']],
    ['a repository that the server lost', afterlife, ['list', 'addhash']],
  ])('prints the same and leaves the same versions as on notary-server: %s', async (_, steps, failing) => {
    const [expected, actual] = [await perform(servers.real, steps), await perform(servers.ours, steps)];
    expect(actual).toEqual(expected);
    const failed = expected.filter((line) => line.startsWith('$ notary') && !line.endsWith('→ 0'));
    expect(failed.map((line) => line.split(' ')[2])).toEqual(failing);
  });
});
