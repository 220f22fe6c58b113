// `dct sandbox up` as a process of its own, and people who use it with what it prints.
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { passphrases } from './clients.ts';
import { type Outcome, runCommand, type Server, startServer } from './programs.ts';
import { errorCode } from './refusal.ts';
import { searchPath } from './search-path.ts';

export const dctProgram = resolve('bin/dct.js');

/** What `dct sandbox up --json` prints. */
export interface SandboxAnnouncement {
  /** `localhost:PORT`, as it stands in image names. */
  readonly registry: string;
  readonly notary: string;
  readonly ca: string;
  readonly dockerConfig: string;
  readonly shell: readonly string[];
  readonly shellFile: string;
}

export interface SandboxProcess extends Server, SandboxAnnouncement {
  readonly registryPort: number;
  readonly notaryPort: number;
}

export interface SandboxProcessOptions {
  /** Home, working directory and place of temporary files. */
  readonly directory: string;
  readonly args?: readonly string[];
  /** 0 picks a free one, and is what they get when they are left out. */
  readonly registryPort?: number;
  readonly notaryPort?: number;
}

/** Starts a sandbox and waits until it says where it is. */
export async function startSandboxProcess(options: SandboxProcessOptions): Promise<SandboxProcess> {
  const { directory, args = [], registryPort = 0, notaryPort = 0 } = options;
  const ports = ['--registry-port', String(registryPort), '--notary-port', String(notaryPort)];
  const server = await startServer(
    process.execPath,
    [dctProgram, 'sandbox', 'up', '--json', ...ports, ...args],
    { env: sandboxEnvironment(directory), cwd: directory },
    (started) => announcementIn(started.stdout()) !== undefined,
  );
  const announcement = announcementIn(server.stdout()) as SandboxAnnouncement;
  return {
    ...server,
    ...announcement,
    registryPort: Number(new URL(`http://${announcement.registry}`).port),
    notaryPort: Number(new URL(announcement.notary).port),
  };
}

/** Nothing that a sandbox could take from whoever runs the tests. */
export function sandboxEnvironment(directory: string): Readonly<Record<string, string>> {
  return { PATH: searchPath, HOME: directory, TMPDIR: directory };
}

function announcementIn(stdout: string): SandboxAnnouncement | undefined {
  // It comes in one piece or in several; only the last one closes the object.
  return stdout.endsWith('}\n') ? (JSON.parse(stdout) as SandboxAnnouncement) : undefined;
}

export interface SandboxUser {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  dct(...args: readonly string[]): Promise<Outcome>;
  /** Any other program. */
  run(program: string, args: readonly string[], input?: string | Uint8Array): Promise<Outcome>;
}

export interface SandboxUserOptions {
  /** Home and working directory; made when it is missing. */
  readonly home: string;
  /** Keys and cache of one's own; those in the sandbox's directory when it is left out. */
  readonly dockerConfig?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Somebody who did what the sandbox says, and has passphrases in the environment. */
export async function sandboxUser(
  sandbox: SandboxAnnouncement,
  { home, dockerConfig = sandbox.dockerConfig, env: more = {} }: SandboxUserOptions,
): Promise<SandboxUser> {
  await mkdir(home, { recursive: true });
  if (dockerConfig !== sandbox.dockerConfig) {
    const tls = join(dockerConfig, 'tls', new URL(sandbox.notary).host);
    await mkdir(tls, { recursive: true });
    await copyFile(sandbox.ca, join(tls, 'ca.crt'));
  }
  const env = {
    PATH: searchPath,
    HOME: home,
    DOCKER_CONFIG: dockerConfig,
    DOCKER_CONTENT_TRUST_SERVER: sandbox.notary,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.repository,
    ...more,
  };
  const run: SandboxUser['run'] = (program, args, input) =>
    runCommand(program, args, { env, cwd: home, ...(input !== undefined && { input }) });
  return { home, env, run, dct: (...args) => run(process.execPath, [dctProgram, ...args]) };
}

/** How dct said no, to scripts. @throws when it said yes */
export async function refusalIn(outcome: Promise<Outcome>): Promise<{ exit: number; code: string }> {
  const { code: exit, stdout, stderr } = await outcome;
  if (exit === 0) throw new Error(`it was accepted:\n${stdout}`);
  return { exit, code: errorCode(stderr) };
}
