// Commands about private keys.
import type { Command } from 'commander';
import type { Run } from './run.ts';

export function addKeyCommands(program: Command, run: Run): void {
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
        (await import('../commands/key-generate.ts')).keyGenerate(context, name, options),
      );
    });
  key
    .command('list')
    .description('List the private keys in the trust directory. No passphrase is needed.')
    .action(async () => {
      await run(async (context) => (await import('../commands/key-list.ts')).keyList(context));
    });
}
