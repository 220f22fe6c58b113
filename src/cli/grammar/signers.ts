// Commands about who may sign, and about taking signatures back.
import type { Command } from 'commander';
import type { SignerAddOptions } from '../commands/signer-add.ts';
import type { SignerRemoveOptions } from '../commands/signer-remove.ts';
import { repeatable } from './options.ts';
import type { Run } from './run.ts';

const repository = '[HOST[:PORT]/]NAME';

export function addSignerCommands(program: Command, run: Run): void {
  const signer = program
    .command('signer')
    .summary('add, remove and list the signers of a repository')
    .description('Add, remove and list the signers of a repository.');
  signer
    .command('add')
    .description('Let somebody sign releases. A repository without trust data is created.')
    .argument('<name>', 'lower-case letters, digits, - and _')
    .argument('<image...>', repository)
    .addOption(repeatable('--key <file>', 'public key of the signer (PEM)').makeOptionMandatory())
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (name: string, images: string[], options: SignerAddOptions) => {
      await run(async (context) =>
        (await import('../commands/signer-add.ts')).signerAdd(context, name, images, options),
      );
    });
  signer
    .command('remove')
    .description("Take a signer's keys out of a repository.")
    .argument('<name>', 'name of the signer')
    .argument('<image...>', repository)
    .option('--resign', 'keep what only this signer has signed, signed by the keys that stay')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, images: string[], options: SignerRemoveOptions) => {
      await run(async (context) =>
        (await import('../commands/signer-remove.ts')).signerRemove(context, name, images, options),
      );
    });
  signer
    .command('list')
    .description('List who may sign releases, with which keys.')
    .argument('<image>', repository)
    .action(async (image: string) => {
      await run(async (context) => (await import('../commands/signer-list.ts')).signerList(context, image));
    });
}
