// One user of the tools, with a home directory of their own: docker trust, notary, skopeo and dct run in it.
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Authority } from './certificates.ts';
import { type Outcome, runCommand, type Server, startServer } from './programs.ts';
import { searchPath } from './search-path.ts';

/** Passphrases of every user's keys, unless a test gives others. */
export const passphrases = { root: 'root passphrase', repository: 'repository passphrase' } as const;

/** Tests and measurements run from the top of the repository. */
export const dctProgram = resolve('bin/dct.js');

export interface RunOptions {
  /** Added to the user's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
}

export interface User {
  /** Home and working directory. */
  readonly home: string;
  /** `DOCKER_CONFIG`: keys, metadata cache and TLS material. */
  readonly dockerConfig: string;
  readonly trustDirectory: string;
  dct(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** `docker trust …`, without a Docker engine. */
  dockerTrust(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** `notary` on the same trust directory as Docker's. */
  notary(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  skopeo(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Any other program in this user's environment. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** `dct proxy` on a port of its own. */
  startProxy(args: readonly string[], options?: RunOptions): Promise<Proxy>;
}

export interface Proxy extends Server {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly url: string;
}

/** Where this user's tools find the trust server, and what makes them trust its certificate. */
export interface TrustServerAddress {
  readonly url: string;
  readonly host: string;
}

/** Makes a user whose tools know the authority and use the given trust server. */
export async function createUser(
  home: string,
  authority: Pick<Authority, 'caFile'>,
  server: TrustServerAddress,
): Promise<User> {
  const dockerConfig = join(home, '.docker');
  const trustDirectory = join(dockerConfig, 'trust');
  const tlsDirectory = join(dockerConfig, 'tls', server.host);
  await mkdir(tlsDirectory, { recursive: true, mode: 0o700 });
  await copyFile(authority.caFile, join(tlsDirectory, 'ca.crt'));

  const environment = {
    PATH: searchPath,
    HOME: home,
    DOCKER_CONFIG: dockerConfig,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    DOCKER_CONTENT_TRUST_SERVER: server.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.repository,
    NOTARY_ROOT_PASSPHRASE: passphrases.root,
    NOTARY_TARGETS_PASSPHRASE: passphrases.repository,
    NOTARY_SNAPSHOT_PASSPHRASE: passphrases.repository,
    NOTARY_DELEGATION_PASSPHRASE: passphrases.repository,
  };
  const run = (program: string, args: readonly string[], { env, input }: RunOptions = {}): Promise<Outcome> =>
    runCommand(program, args, {
      env: merge(environment, env),
      cwd: home,
      ...(input === undefined ? {} : { input }),
    });
  const notaryFlags = ['-s', server.url, '--tlscacert', authority.caFile, '-d', trustDirectory];

  return {
    home,
    dockerConfig,
    trustDirectory,
    run,
    dct: (args, options) => run(process.execPath, [dctProgram, ...args], options),
    dockerTrust: (args, options) => run('docker', ['trust', ...args], options),
    notary: (args, options) => run('notary', [...notaryFlags, ...args], options),
    skopeo: (args, options) => run('skopeo', ['--insecure-policy', ...args], options),
    startProxy: async (args, options) => {
      const announcement = /^dct proxy listening on (http:\/\/(\S+))$/mu;
      const server = await startServer(
        process.execPath,
        [dctProgram, 'proxy', '--listen', '127.0.0.1:0', ...args],
        { env: merge(environment, options?.env), cwd: home },
        (started) => announcement.test(started.stdout()),
      );
      const [, url = '', host = ''] = announcement.exec(server.stdout()) ?? [];
      return { ...server, url, host };
    },
  };
}

/** The outcome of a command that a test takes for granted. @throws with everything it printed when it failed */
export async function succeeds(outcome: Promise<Outcome>): Promise<Outcome> {
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(`exit status ${code}\n${stdout}${stderr}`);
  return { code, stdout, stderr };
}

function merge(
  base: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const entries = Object.entries({ ...base, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
