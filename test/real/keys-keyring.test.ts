// The keychain of a desktop: GNOME's keyring over D-Bus keeps passphrases, and without it dct says what is missing.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { passphrase, vector } from '../keystore/vectors.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { keyUser, type KeyUser } from '../support/real/key-user.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';

const alice = vector('docker-alice');
const root = vector('notary-root');

describeReal(['dbus-run-session', 'gnome-keyring-daemon'], 'the keyring of GNOME', () => {
  let user: KeyUser;
  let environment: Record<string, string>;

  beforeEach(async () => {
    user = keyUser(await temporaryDirectory());
    const store = join(user.trustDirectory, 'private');
    await mkdir(store, { recursive: true, mode: 0o700 });
    for (const { keyId, text } of [alice, root])
      await writeFile(join(store, `${keyId}.key`), text, { mode: 0o600 });
    await writeFile(join(user.home, 'secret'), `${passphrase}\n`, { mode: 0o600 });
    const kept = Object.entries(user.environment).filter(([name]) => !name.endsWith('_PASSPHRASE'));
    environment = Object.fromEntries(kept);
  });

  /** Shell lines in a session of their own; `dct` is ours, and no variable holds a passphrase. */
  function session(...lines: readonly string[]): Promise<Outcome> {
    const script = [
      'dct() { "$NODE" "$DCT" "$@"; }',
      'printf unlocked | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1',
      ...lines,
    ].join('\n');
    const env = { ...environment, NODE: process.execPath, DCT: resolve('bin/dct.js') };
    return runCommand('dbus-run-session', ['--', 'sh', '-c', script], { env, cwd: user.home });
  }

  it('remembers a passphrase, opens the key with it, and forgets it', async () => {
    const { stdout } = await session(
      'dct key check --quiet >/dev/null 2>&1; echo "before: $?"',
      `dct key remember ${alice.keyId} --passphrase-file secret`,
      `dct key list --quiet >/dev/null; dct key passwd ${alice.keyId} --new-passphrase-file secret 2>&1 | head -1`,
      'dct key remember --all --passphrase-file secret',
      'dct key check >/dev/null 2>&1; echo "remembered: $?"',
      'dct key forget --all',
      'dct key check >/dev/null 2>&1; echo "forgotten: $?"',
    );
    expect(stdout.split('\n')).toEqual([
      'before: 6',
      `remembered: passphrase of alice key ${alice.keyId}`,
      // The keyring opened it, and only then could this be said.
      'dct: the new passphrase is refused: it is the one that the key has',
      ...[alice, root]
        .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
        .map(({ keyId, role }) => `remembered: passphrase of ${role} key ${keyId}`),
      'remembered: 0',
      ...[alice, root]
        .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
        .map(({ keyId, role }) => `forgotten: passphrase of ${role} key ${keyId}`),
      'forgotten: 6',
      '',
    ]);
  });

  it('a wrong passphrase is not remembered', async () => {
    await writeFile(join(user.home, 'secret'), 'not this one', { mode: 0o600 });
    const { stdout } = await session(
      `dct key remember ${alice.keyId} --passphrase-file secret >/dev/null 2>&1; echo "exit $?"`,
      `dct key forget ${alice.keyId} --json`,
    );
    expect(stdout).toMatch(/^exit 6\n/);
    expect(JSON.parse(stdout.replace('exit 6\n', ''))).toEqual({ forgotten: [] });
  });

  it('without one, remembering is an error that says so, and everything else works', async () => {
    const env = { ...environment, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    const dct = (...args: string[]): Promise<Outcome> =>
      runCommand(process.execPath, [resolve('bin/dct.js'), ...args], { env, cwd: user.home });
    const refused = await dct('key', 'remember', alice.keyId, '--passphrase-file', 'secret', '--json');
    expect(refused.code).toBe(6);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'KEYCHAIN' } });
    expect((await dct('key', 'check', '--passphrase-file', 'secret')).code).toBe(0);
  });
});
