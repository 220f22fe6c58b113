// Somebody who has keys and needs no server: dct, notary and docker trust on one trust directory.
import { join, resolve } from 'node:path';
import { passphrase } from '../../keystore/vectors.ts';
import { type Outcome, runCommand } from './programs.ts';
import { searchPath } from './search-path.ts';

const dctProgram = resolve('bin/dct.js');

export interface KeyCommandOptions {
  /** Added to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export interface KeyUser {
  /** Home and working directory. */
  readonly home: string;
  readonly trustDirectory: string;
  /** What every command gets, for commands that a test starts by itself. */
  readonly environment: Readonly<Record<string, string>>;
  dct(args: readonly string[], options?: KeyCommandOptions): Promise<Outcome>;
  notary(args: readonly string[], options?: KeyCommandOptions): Promise<Outcome>;
  /** `docker trust key …` */
  dockerKey(args: readonly string[], options?: KeyCommandOptions): Promise<Outcome>;
}

/** The passphrase of every key is that of the test vectors. */
export function keyUser(home: string): KeyUser {
  const dockerConfig = join(home, '.docker');
  const trustDirectory = join(dockerConfig, 'trust');
  const environment = {
    PATH: searchPath,
    HOME: home,
    DOCKER_CONFIG: dockerConfig,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
    NOTARY_ROOT_PASSPHRASE: passphrase,
    NOTARY_TARGETS_PASSPHRASE: passphrase,
    NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
    NOTARY_DELEGATION_PASSPHRASE: passphrase,
  };
  const run = (
    program: string,
    args: readonly string[],
    options: KeyCommandOptions = {},
  ): Promise<Outcome> => {
    const { env = {}, input } = options;
    const merged: Record<string, string | undefined> = { ...environment, ...env };
    const entries = Object.entries(merged);
    return runCommand(program, args, {
      env: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)),
      cwd: home,
      ...(input !== undefined && { input }),
    });
  };
  return {
    home,
    trustDirectory,
    environment,
    dct: (args, options) => run(process.execPath, [dctProgram, ...args], options),
    notary: (args, options) => run('notary', ['-d', trustDirectory, ...args], options),
    dockerKey: (args, options) => run('docker', ['trust', 'key', ...args], options),
  };
}
