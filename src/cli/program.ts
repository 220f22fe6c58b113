// The grammar of the command line: commands, arguments and options; each command's code is loaded only when it runs.
import { Command, CommanderError, Option } from 'commander';
import { DctError } from '../base/errors.ts';
import type { Context } from './context.ts';
import type { Io } from './io.ts';
import type { CommonFlags } from './settings.ts';
import type { ProxyOptions } from './commands/proxy.ts';
import type { SignOptions } from './commands/sign.ts';
import { version } from './version.ts';

/** Runs one command; `main` supplies it, with everything a command needs around the call. */
export type Invoke = (flags: CommonFlags, command: (context: Context) => Promise<void>) => Promise<void>;

const image = '[HOST[:PORT]/]NAME:TAG';

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
    .option('--json', 'print results and errors as JSON')
    .option('-q, --quiet', 'print results, warnings and errors only')
    .option('-v, --verbose', 'also print what lies behind an error')
    .helpOption('-h, --help', 'explain this command')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    })
    .addHelpText('after', exitCodeHelp);
  const run = (command: (context: Context) => Promise<void>): Promise<void> =>
    invoke(program.opts<CommonFlags>(), command);

  program
    .command('sign')
    .summary('sign what the registry serves under a tag now')
    .description(
      'Sign what the registry serves under a tag now. The first signature creates the trust repository.',
    )
    .argument('<image...>', image)
    .option('--digest <digest>', 'the content that must be under the tag, sha256:...')
    .option('--signer <name>', 'sign as this signer; on the first signature, create it')
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (images: string[], options: SignOptions) => {
      await run(async (context) => (await import('./commands/sign.ts')).sign(context, images, options));
    });

  program
    .command('resolve')
    .summary('print the signed NAME@sha256:... of a tag')
    .description('Print NAME@sha256:... of a signed tag, from verified trust data only.')
    .argument('<image>', image)
    .action(async (name: string) => {
      await run(async (context) => (await import('./commands/resolve.ts')).resolve(context, name));
    });

  program
    .command('verify')
    .summary('check the trust data of an image')
    .description('Check all trust data of a repository, and that the tag is signed when one is given.')
    .argument('<image>', '[HOST[:PORT]/]NAME[:TAG]')
    .option('--deep', 'also fetch and hash every manifest, configuration and layer')
    .action(async (name: string, options: { deep?: boolean }) => {
      await run(async (context) => (await import('./commands/verify.ts')).verify(context, name, options));
    });

  program
    .command('inspect')
    .summary('show tags, signers and keys as `docker trust inspect` does')
    .description('Show signed tags, signers and keys, in the JSON or the tables of `docker trust inspect`.')
    .argument('<image...>', '[HOST[:PORT]/]NAME[:TAG]')
    .option('--pretty', 'tables for people')
    .action(async (names: string[], options: { pretty?: boolean }) => {
      await run(async (context) => (await import('./commands/inspect.ts')).inspect(context, names, options));
    });

  program
    .command('list')
    .summary('list the signed tags of a repository')
    .description('List the signed tags of a repository: tag, digest, size, and the role that released it.')
    .argument('<image>', '[HOST[:PORT]/]NAME')
    .action(async (name: string) => {
      await run(async (context) => (await import('./commands/list.ts')).list(context, name));
    });

  const key = program
    .command('key')
    .summary('generate and list private keys')
    .description('Generate and list the private keys in the trust directory.');
  key
    .command('generate')
    .description(
      'Create a signer key: the private half encrypted in the trust directory, the public half in NAME.pub.',
    )
    .argument('<name>', 'name of the signer: lower-case letters, digits, - and _')
    .option('--dir <directory>', 'where NAME.pub is written (default: the working directory)')
    .action(async (name: string, options: { dir?: string }) => {
      await run(async (context) =>
        (await import('./commands/key-generate.ts')).keyGenerate(context, name, options),
      );
    });
  key
    .command('list')
    .description('List the private keys in the trust directory. No passphrase is needed.')
    .action(async () => {
      await run(async (context) => (await import('./commands/key-list.ts')).keyList(context));
    });

  program
    .command('proxy')
    .summary('serve pulls, signed tags only')
    .description(
      'Serve pulls from one or more registries: by tag only what was signed, by digest only what matches.',
    )
    .option('--listen <host:port>', 'where to listen; port 0 picks a free one', '127.0.0.1:5001')
    .addOption(
      repeatable(
        '--registry <host[:port]>',
        'registry to serve; the first answers plain requests, ?ns= picks another',
      ),
    )
    .option('--tofu', 'trust repositories that were never seen here, on first use')
    .option(
      '--refresh <seconds>',
      'how long trust data is used before the Notary server is asked again',
      '60',
    )
    .option('--allow-plain-http', 'listen without TLS where other machines can connect')
    .action(async (options: ProxyOptions) => {
      await run(async (context) => (await import('./commands/proxy.ts')).proxy(context, options));
    });

  refuseInOurWords(program);
  return program;
}

function repeatable(flags: string, description: string): Option {
  const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
    ...(earlier ?? []),
    value,
  ];
  return new Option(flags, `${description} (repeatable)`).argParser(collect);
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
