// The real process around `main`: the only place that touches streams, signals and the exit code.
import { homedir } from 'node:os';
import { DctError, isDctError } from '../base/errors.ts';
import { Console } from './console.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io, Sink } from './io.ts';
import { localFiles } from './local-files.ts';
import { main } from './main.ts';

/** Runs the command line of this process and sets its exit code. */
export async function run(): Promise<void> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    // The second time somebody means it: a publication or a draining server is not waited for.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const outputs = { stdout: sinkOf(process.stdout), stderr: sinkOf(process.stderr) };
  const places = whereWeAre();
  if (isDctError(places)) {
    const json = process.argv.includes('--json');
    new Console({ ...outputs, env: process.env }, { json, quiet: false, verbose: false }).fail(places);
    process.exitCode = exitCodes[places.family];
    return;
  }
  const io: Io = {
    env: process.env,
    ...places,
    ...outputs,
    clock: { now: () => Date.now() },
    files: localFiles,
    descriptors,
    interrupted: interruption.signal,
    onHangup: (listener) => void process.on('SIGHUP', listener),
    askSecret: process.stdin.isTTY ? async (prompt) => (await terminal()).askSecret(prompt) : undefined,
    ask: process.stdin.isTTY ? async (prompt) => (await terminal()).askLine(prompt) : undefined,
  };
  const code = await main(process.argv.slice(2), io);
  await flushed(process.stdout);
  const final = exitCodeAfter(code, process.stdout, io.stderr);
  await flushed(process.stderr);
  // Idle connections would keep the process alive for seconds.
  process.exit(final);
}

/** A directory that was removed under its shell has no name any more; a user without an entry and without HOME has no home. */
function whereWeAre(): Pick<Io, 'home' | 'workingDirectory'> | DctError {
  const answer = (ask: () => string, problem: string, hint: string): string | DctError => {
    try {
      return ask();
    } catch (error) {
      return new DctError('USAGE', { problem, hint }, error);
    }
  };
  const home = answer(homedir, 'this user has no home directory', 'Set HOME to one.');
  const workingDirectory = answer(
    () => process.cwd(),
    'the working directory is not there any more',
    'Change to a directory that exists, and run the same command again.',
  );
  if (typeof home !== 'string') return home;
  return typeof workingDirectory === 'string' ? { home, workingDirectory } : workingDirectory;
}

/** Node has raised it as far as it may. */
function descriptors(): number | undefined {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Loaded only when somebody is asked. */
function terminal(): Promise<typeof import('./terminal.ts')> {
  return import('./terminal.ts');
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  // Without a listener the error of a closed pipe would end the process; it is looked at in the end.
  stream.on('error', () => undefined);
  return {
    // Undefined, not false, when it is something else.
    isTerminal: (stream.isTTY as boolean | undefined) === true,
    columns: stream.columns,
    write: (text) => {
      if (stream.writable) stream.write(text);
    },
  };
}

/**
 * A result that could not be written is no success. A reader that has seen enough (`dct list IMAGE | head`) is none of our
 * business: what was decided stays decided, and so does the exit code.
 */
function exitCodeAfter(code: number, stdout: NodeJS.WriteStream, stderr: Sink): number {
  const { errored } = stdout as { readonly errored: NodeJS.ErrnoException | null };
  if (errored === null || errored.code === 'EPIPE') return code;
  const problem = errored.code ?? errored.message;
  const error = new DctError('DISK', { file: 'standard output', operation: 'write', problem });
  stderr.write(`dct: ${error.message}\nnext: ${error.next}\n`);
  return code === 0 ? exitCodes.disk : code;
}

/** Pipes are written asynchronously: waits until the reader has everything, or is gone. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}
