// Child processes of the tests: commands that run to their end, and servers that are stopped by process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** How a command ended. */
export interface Outcome {
  /** Exit status, or 128 plus the signal's number as shells count it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What the command reads on standard input; nothing by default. */
  readonly input?: string | Uint8Array;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a command to its end; a failing exit status is an answer, not an exception. */
export async function runCommand(
  program: string,
  args: readonly string[],
  command: Command,
): Promise<Outcome> {
  const child = spawn(program, args, { env: command.env, cwd: command.cwd, stdio: 'pipe' });
  running.add(child);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A command that ends without reading its input closes the pipe early; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.input);
  const code = await ended(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** A server started by a test. */
export interface Server {
  readonly pid: number;
  /** Standard output so far. */
  stdout(): string;
  /** Both outputs so far, for the message of a failing test. */
  log(): string;
  /** True until the process ended. */
  alive(): boolean;
  /** Exit status, as of a command, when the process comes to its end. */
  readonly ended: Promise<number>;
  /** Asks the process to end (SIGTERM) and waits for it. */
  stop(): Promise<void>;
  /** Ends the process at once (SIGKILL), as a power cut would, and waits for it. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a server and waits until `ready` says so. @throws with the server's output when it ends or stays silent. */
export async function startServer(
  program: string,
  args: readonly string[],
  command: Command,
  ready: (server: Server) => boolean | Promise<boolean>,
): Promise<Server> {
  const child = spawn(program, args, {
    env: command.env,
    cwd: command.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const end = ended(child);
  const finish = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await end;
  };
  const server: Server = {
    pid: child.pid ?? -1,
    stdout,
    log: () => stdout() + stderr(),
    alive: () => running.has(child),
    ended: end,
    stop: () => finish('SIGTERM'),
    kill: () => finish('SIGKILL'),
    signal: (signal) => void child.kill(signal),
  };
  try {
    await until(async () => {
      if (!server.alive()) throw new Error(`${program} ended`);
      return await ready(server);
    }, `${program} to be ready`);
  } catch (error) {
    await server.kill();
    throw new Error(`${program} did not start:\n${server.log()}`, { cause: error });
  }
  return server;
}

/** Waits for a condition by asking again and again. @throws when it does not come true within 30 seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await pause(20);
  }
}

/** Each test worker has ports of its own, outside of the range that the system gives to outgoing connections. */
const portsPerWorker = 2000;
const firstPort = 16_000 + portsPerWorker * (Number(process.env['VITEST_POOL_ID'] ?? 1) % 8);
let nextPort = randomInt(portsPerWorker);

/** A TCP port of the loopback interface that nobody listens on, and that nobody else is given for a while. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portsPerWorker; tries++) {
    const port = firstPort + (nextPort++ % portsPerWorker);
    if (await isFree(port)) return port;
  }
  throw new Error('every port of this worker is taken');
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15));
    });
  });
}
