// Commands that start a sandbox and attack it.
import type { Command } from 'commander';
import type { CorruptOptions, RollbackOptions, SwapTagOptions } from '../commands/sandbox-attack.ts';
import type { SandboxUpOptions } from '../commands/sandbox-up.ts';
import type { DemoOptions } from '../commands/demo.ts';
import type { Run } from './run.ts';

export function addSandboxCommands(program: Command, run: Run): void {
  const sandbox = program
    .command('sandbox')
    .summary('a trust server and a registry to learn on and to attack')
    .description('Start a trust server and a registry on this machine, to learn on and to attack.');

  program
    .command('demo')
    .summary('the whole story, narrated, in a sandbox of its own')
    .description(
      'Push, sign, pull through the proxy, attack and be refused: the whole story in a sandbox of its own.',
    )
    .option('--step', 'wait for Enter after every scene')
    .option('--keep', 'leave the sandbox running in the end, until Ctrl-C')
    .action(async (options: DemoOptions) => {
      await run(async (context) => (await import('../commands/demo.ts')).demo(context, options));
    });

  sandbox
    .command('up')
    .summary('start a sandbox, until Ctrl-C')
    .description(
      'Start a Notary v1 server and a registry on loopback. Everything is in memory, and gone when they stop.',
    )
    .option('--dir <directory>', 'keep everything there, keys and settings of the clients included')
    .option('--registry-port <n>', 'port of the registry; 0 picks a free one', '5000')
    .option('--notary-port <n>', 'port of the trust server; 0 picks a free one', '4443')
    .option(
      '--timestamp-lifetime <seconds>',
      'how long a timestamp is valid (14 days); a short one shows what happens when a server is frozen',
    )
    .action(async (options: SandboxUpOptions) => {
      await run(async (context) => (await import('../commands/sandbox-up.ts')).sandboxUp(context, options));
    });

  sandbox
    .command('corrupt')
    .summary('serve a layer of an image altered')
    .description('Serve a layer of an image altered, while the registry still claims its digest.')
    .argument('<image>', image)
    .option('--layer <n>', 'which layer, counted from 1', '1')
    .option('--flip-bit', 'flip one bit in the middle (default)')
    .option('--truncate', 'leave out the last byte')
    .option('--extend', 'add a byte at the end')
    .option('--replace', 'serve other content of the same size')
    .action(async (name: string, options: CorruptOptions) => {
      await run(async (context) =>
        (await import('../commands/sandbox-attack.ts')).corrupt(context, name, options),
      );
    });

  sandbox
    .command('freeze')
    .summary("show today's trust data for ever")
    .description('Let the trust server show what it shows now, whatever is published later.')
    .argument('<image>', repository)
    .action(async (name: string) => {
      await run(async (context) => (await import('../commands/sandbox-attack.ts')).freeze(context, name));
    });

  sandbox
    .command('rollback')
    .summary('show an older state of the trust data')
    .description('Let the trust server show an older state, in which every signature is valid.')
    .argument('<image>', repository)
    .option('--publications <n>', 'how many publications to go back', '1')
    .action(async (name: string, options: RollbackOptions) => {
      await run(async (context) =>
        (await import('../commands/sandbox-attack.ts')).rollback(context, name, options),
      );
    });

  sandbox
    .command('swap-tag')
    .summary('serve another image under a tag')
    .description(
      'Serve another image of the repository under a tag, and let the trust server lie about it as far as its own keys reach.',
    )
    .argument('<image>', image)
    .argument('<other>', 'tag or digest of the image to serve instead')
    .option('--registry-only', 'leave the trust data alone')
    .action(async (name: string, other: string, options: SwapTagOptions) => {
      await run(async (context) =>
        (await import('../commands/sandbox-attack.ts')).swapTag(context, name, other, options),
      );
    });

  sandbox
    .command('restore')
    .summary('end every attack on a repository')
    .description('End every attack on a repository: both servers show the truth again.')
    .argument('<image>', repository)
    .action(async (name: string) => {
      await run(async (context) => (await import('../commands/sandbox-attack.ts')).restore(context, name));
    });
}

const image = 'HOST:PORT/NAME:TAG';
const repository = 'HOST:PORT/NAME';
