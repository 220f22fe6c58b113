// The command that serves verified pulls.
import type { Command } from 'commander';
import type { ProxyOptions } from '../commands/proxy.ts';
import { repeatable } from './options.ts';
import type { Run } from './run.ts';
import { addRuntimeCommands, addTunnelOptions } from './runtimes.ts';

export function addProxyCommands(program: Command, run: Run): void {
  const proxy = program.command('proxy');
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
    .option('--cache-dir <dir>', 'where verified content is kept (default: ~/.cache/dct)')
    .option(
      '--cache-size <bytes>',
      'the most that is kept; what was not used for longest goes first',
      '10GiB',
    )
    .option('--no-cache', 'keep nothing on disk')
    .option('--allow-plain-http', 'listen without TLS where other machines can connect')
    .action(async (options: ProxyOptions) => {
      await run(async (context) => (await import('../commands/proxy.ts')).proxy(context, options));
    });
  addTunnelOptions(proxy);
  addRuntimeCommands(program, proxy, run);
}
