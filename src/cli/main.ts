// `main(argv, io)`: one command line from its arguments to its exit code, without touching the process.
import { CommanderError } from 'commander';
import { Console, type Mode } from './console.ts';
import type { Context } from './context.ts';
import { exitCodeFor } from './exit-codes.ts';
import { Interruption } from './interruption.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';
import type { OpenServices } from './services.ts';
import { loadSettings, type CommonFlags } from './settings.ts';

/** Loads the doors only when a command runs: `dct --help` must not wait for them. */
const openRealServices: OpenServices = async (...given) => {
  const { openServices } = await import('./open-services.ts');
  return openServices(...given);
};

/**
 * Runs `dct` with these arguments (without interpreter and script name) and answers its exit code. Never rejects: whatever
 * goes wrong is reported on `io.stderr`.
 */
export async function main(
  argv: readonly string[],
  io: Io,
  open: OpenServices = openRealServices,
): Promise<number> {
  // The mode is needed even when the command line cannot be understood.
  const voice = new Console(io, modeOf({ json: asksForJson(argv) }));
  let failed = voice;
  const program = buildProgram(io, async (flags, command) => {
    const console = new Console(io, modeOf(flags));
    failed = console;
    const interruption = new Interruption(io.interrupted);
    await interruption.watch(runCommand({ flags, io, console, interruption, open }, command));
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Help and version end the parser with an error of exit code 0.
    if (!(error instanceof CommanderError && error.exitCode === 0)) failed.fail(error);
  }
  failed.close();
  return exitCodeFor(failed.errors.map(({ family }) => family));
}

interface Start extends Pick<Context, 'io' | 'console' | 'interruption'> {
  readonly flags: CommonFlags;
  readonly open: OpenServices;
}

async function runCommand(start: Start, command: (context: Context) => Promise<void>): Promise<void> {
  const { flags, io, console, interruption, open } = start;
  const settings = await loadSettings(flags, io);
  const services = await open({ io, settings, notices: console });
  try {
    const again: Context['main'] = (argv, otherIo) => main(argv, otherIo, open);
    await command({ io, settings, console, services, interruption, main: again });
  } finally {
    await services.close();
  }
}

function modeOf({ json = false, quiet = false, verbose = false }: CommonFlags): Mode {
  return { json, quiet, verbose };
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}
