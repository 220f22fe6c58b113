// The command that serves verified pulls.
import type { Command } from 'commander';
import type { ProxyUserOptions } from '../commands/proxy-user.ts';
import type { ProxyOptions } from '../commands/proxy.ts';
import { repeatable } from './options.ts';
import type { Run } from './run.ts';
import { addRuntimeCommands, addTunnelOptions } from './runtimes.ts';

export function addProxyCommands(program: Command, run: Run): void {
  const proxy = program.command('proxy');
  ownOptionsOnly(proxy);
  proxy
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
    .option('--policy <file>', 'what is asked for in which repository; read again when it changes')
    .option('--audit', 'serve what trust and policy refuse too, and write it down')
    .option('--cache-dir <dir>', 'where verified content is kept (default: ~/.cache/dct)')
    .option(
      '--cache-size <bytes>',
      'the most that is kept; what was not used for longest goes first',
      '10GiB',
    )
    .option('--no-cache', 'keep nothing on disk')
    .option(
      '--tls-cert <file>',
      'speak TLS: PEM file with the certificate and those that lead to its authority',
    )
    .option('--tls-key <file>', 'its private key, a PEM file; both are read again when they change')
    .option('--client-ca <file>', 'serve only clients with a certificate of an authority in this PEM file')
    .option('--users <file>', 'serve only users in this file, with lines of `dct proxy user`')
    .option('--allow-plain-http', 'listen without TLS where other machines can connect')
    .option(
      '--admin-listen <[host:]port>',
      'metrics, life and readiness there; on this machine only when no host is given',
    )
    .option(
      '--workers <n>',
      'threads that hash what comes from registries (default: one for each processor beyond two, up to 4)',
    )
    .option('--decision-log <file>', 'append decisions there instead of writing them to stderr; - is stdout')
    .option('--drain <seconds>', 'how long running answers may take after SIGTERM', '10')
    .action(async (options: ProxyOptions) => {
      await run(async (context) => (await import('../commands/proxy.ts')).proxy(context, options));
    });
  proxy
    .command('user')
    .summary("make a line for the proxy's list of users")
    .description('Ask for a password, and print the line that lets a user in with `dct proxy --users`.')
    .argument('<name>', "the user's name")
    .option('--password-file <file>', 'where the password is, instead of asking for it')
    .action(async (name: string, options: ProxyUserOptions) => {
      await run(async (context) =>
        (await import('../commands/proxy-user.ts')).proxyUser(context, name, options),
      );
    });
  addTunnelOptions(proxy);
  addRuntimeCommands(program, proxy, run);
}

/** All of a line's options that `proxy` knows arrive there; what a command below it has no use for would be lost. */
function ownOptionsOnly(proxy: Command): void {
  proxy.hook('preSubcommand', (_proxy, below) => {
    const known = new Set(below.options.map((option) => option.attributeName()));
    const lost = proxy.options.find((option) => {
      const name = option.attributeName();
      return proxy.getOptionValueSource(name) === 'cli' && !known.has(name);
    });
    if (lost !== undefined) below.error(`'${lost.flags}' is for \`dct proxy\` itself`);
  });
}
