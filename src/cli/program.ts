// The grammar of the command line as a whole: common options, help, and refusals in our own words.
import { Command, CommanderError } from 'commander';
import { DctError } from '../base/errors.ts';
import type { Context } from './context.ts';
import type { Io } from './io.ts';
import type { CommonFlags } from './settings.ts';
import { addCompletionCommand } from './grammar/completion.ts';
import { addImageCommands } from './grammar/images.ts';
import { addKeyCommands } from './grammar/keys.ts';
import { repeatable } from './grammar/options.ts';
import { addPinCommands } from './grammar/pins.ts';
import { addPolicyCommands } from './grammar/policy.ts';
import { addProxyCommands } from './grammar/proxy.ts';
import { addSandboxCommands } from './grammar/sandbox.ts';
import type { Run } from './grammar/run.ts';
import { addSignerCommands } from './grammar/signers.ts';
import { addTrustCommands } from './grammar/trust.ts';
import { version } from './version.ts';

/** Runs one command; `main` supplies it, with everything a command needs around the call. */
export type Invoke = (flags: CommonFlags, command: (context: Context) => Promise<void>) => Promise<void>;

/** Builds the parser. Its `parseAsync` throws USAGE for whatever the command line has wrong. */
export function buildProgram(io: Pick<Io, 'stdout'>, invoke: Invoke): Command {
  const program = new Command('dct')
    .description(
      'Sign image tags, verify them, and pull only what was signed (Docker Content Trust, Notary v1).',
    )
    .version(version(), '-V, --version', 'print the version')
    .option(
      '--server <url>',
      'Notary server; else DOCKER_CONTENT_TRUST_SERVER, the configuration, https://<registry>',
    )
    .option('--tlscacert <file>', 'certificate authority of the Notary server (PEM)')
    .addOption(repeatable('--insecure-registry <host[:port]>', 'registry that speaks plain HTTP'))
    .addOption(
      repeatable(
        '--passphrase-file <[whom=]file>',
        'file with a passphrase: of all keys, or of root, a signer, a repository, a key id',
      ),
    )
    .addOption(repeatable('--passphrase-fd <[whom=]number>', 'open descriptor to read it from'))
    .option('--json', 'print results and errors as JSON')
    .option('-q, --quiet', 'print results, warnings and errors only')
    .option('-v, --verbose', 'also print what lies behind an error')
    .helpOption('-h, --help', 'explain this command')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    })
    .addHelpText('after', exitCodeHelp);
  program.configureHelp({
    showGlobalOptions: true,
    // Those of `dct proxy` are not for the commands below it.
    visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]),
  });
  const run: Run = (command) => invoke(program.opts<CommonFlags>(), command);

  addImageCommands(program, run);
  addKeyCommands(program, run);
  addSignerCommands(program, run);
  addPinCommands(program, run);
  addTrustCommands(program, run);
  addProxyCommands(program, run);
  addPolicyCommands(program, run);
  addSandboxCommands(program, run);
  addCompletionCommand(program, run);

  refuseInOurWords(program);
  return program;
}

const exitCodeHelp = `
Exit codes: 0 done and checked, 2 usage, 3 trust says no, 4 no answer, 5 the registry says no, 6 key or passphrase,
7 local disk, 8 somebody else published first, 9 declined, 70 a bug of dct, 130 interrupted.`;

/** Lets every command report through the catalogue: one line of cause, one of next step, exit code 2. */
function refuseInOurWords(command: Command): void {
  command.exitOverride((error) => {
    throw asUsage(error, command);
  });
  command.commands.forEach(refuseInOurWords);
}

function asUsage(error: CommanderError, command: Command): CommanderError | DctError {
  // Help and version that were asked for are no errors.
  if (error.exitCode === 0) return error;
  const path = commandPath(command);
  const help = `Run \`${path} --help\` for what it accepts.`;
  if (error.code === 'commander.help')
    return new DctError('USAGE', { problem: `a command is missing after \`${path}\``, hint: help });
  const [problem = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const guess = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? '')?.[1];
  const hint = guess === undefined ? help : `Did you mean ${guess}? ${help}`;
  const what = problem.replace(/\.$/, '');
  // Errors begin with the program's name anyway.
  return new DctError('USAGE', { problem: command.parent === null ? what : `${path}: ${what}`, hint });
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
