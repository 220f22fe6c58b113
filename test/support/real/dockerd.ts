// A Docker engine of a test's own, with everything it owns below one directory: images only, no network for containers.
import { readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand, startServer, until, type Server } from './programs.ts';
import { searchPath } from './search-path.ts';

export interface DockerdOptions {
  /** Its name must be short: a socket's path has at most 107 bytes. */
  readonly directory: string;
  /** Added to the engine's environment, for example `HTTP_PROXY`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to its arguments. */
  readonly args?: readonly string[];
}

export interface Dockerd {
  /** `unix://…`, for `DOCKER_HOST`. */
  readonly host: string;
  /** Of the containerd that it brought along, for `ctr --address`. */
  readonly containerdSocket: string;
  log(): string;
  /** Ends the engine and its containerd, and unmounts what they left. */
  stop(): Promise<void>;
}

const stopMs = 20_000;

/** Starts `dockerd`, which needs root, and waits until it answers. */
export async function startDockerd({ directory, env = {}, args = [] }: DockerdOptions): Promise<Dockerd> {
  await mkdir(directory, { recursive: true });
  const socket = join(directory, 'docker.sock');
  const execRoot = join(directory, 'exec');
  const containerdPidFile = join(execRoot, 'containerd', 'containerd.pid');
  const own = ['--data-root', join(directory, 'data'), '--exec-root', execRoot];
  const where = ['-H', `unix://${socket}`, '--pidfile', join(directory, 'pid')];
  const server = await startServer(
    'dockerd',
    [...own, ...where, '--bridge=none', '--iptables=false', ...args],
    { env: { PATH: searchPath, HOME: directory, ...env }, cwd: directory },
    () => answers(socket),
  );
  const containerd = Number(await readFile(containerdPidFile, 'utf8'));
  // A test run that is interrupted ends its children; the engine's own child is nobody's then.
  const endContainerd = (): void => void kill(readPid(containerdPidFile), 'SIGKILL');
  process.once('exit', endContainerd);
  return {
    host: `unix://${socket}`,
    containerdSocket: join(execRoot, 'containerd', 'containerd.sock'),
    log: () => server.log(),
    stop: async () => {
      await stop(server, containerd);
      process.off('exit', endContainerd);
      for (const mountPoint of await mountsBelow(directory))
        await runCommand('umount', ['--lazy', mountPoint], { env: { PATH: searchPath }, cwd: '/' });
    },
  };
}

/** As the engine wants it, and if it does not come to its end, by force. */
async function stop(server: Server, containerd: number): Promise<void> {
  const ended = await Promise.race([server.stop().then(() => true), pause(stopMs, false, { ref: false })]);
  if (!ended) {
    kill(containerd, 'SIGKILL');
    await server.kill();
  }
  await until(() => !isAlive(containerd), 'containerd to end');
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    get({ socketPath, path: '/_ping' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

function isAlive(pid: number): boolean {
  return kill(pid, 0);
}

/** True when there is such a process. */
function kill(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The file goes away when containerd does. */
function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** The deepest first (proc(5), mountinfo: the fifth field). */
async function mountsBelow(directory: string): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4]);
  return mounts.filter((path): path is string => path?.startsWith(`${directory}/`) === true).reverse();
}
