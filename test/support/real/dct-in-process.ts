// dct as a function: for tests that read so often that starting a process each time would take minutes.
import { localFiles } from '../../../src/cli/local-files.ts';
import { main } from '../../../src/cli/main.ts';
import { type User } from './clients.ts';
import type { Outcome } from './programs.ts';

/**
 * Runs one command line of this user with the real files and the real network; without passphrases, unless `env` has some.
 * @throws with its output when it fails
 */
export async function dctInProcess(
  user: Pick<User, 'home' | 'dockerConfig'>,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const code = await main(argv, {
    env: { DOCKER_CONFIG: user.dockerConfig, ...env },
    home: user.home,
    workingDirectory: user.home,
    stdout: { isTerminal: false, write: (text) => void (written.stdout += text) },
    stderr: { isTerminal: false, write: (text) => void (written.stderr += text) },
    clock: { now: () => Date.now() },
    files: localFiles,
    descriptors: () => undefined,
    interrupted: new AbortController().signal,
    onHangup: () => undefined,
    askSecret: undefined,
    ask: undefined,
  });
  if (code !== 0) throw new Error(`exit status ${code}\n${written.stdout}${written.stderr}`);
  return { code, ...written };
}
