// Commands about trust pins: who may vouch for a repository.
import type { Command } from 'commander';
import type { PinAddOptions } from '../commands/pin-add.ts';
import type { PinTrustedOptions } from '../commands/pin-trusted.ts';
import type { Run } from './run.ts';

const repository = '[HOST[:PORT]/]NAME';
const pattern = `${repository}, or a part of it that ends in /*`;

export function addPinCommands(program: Command, run: Run): void {
  const pin = program
    .command('pin')
    .summary('say who may vouch for a repository')
    .description('Verify a repository, and pin the root keys that it is trusted for now.')
    .argument('<image>', repository)
    .option('-y, --yes', 'do not ask')
    .action(async (image: string, options: PinTrustedOptions) => {
      await run(async (context) =>
        (await import('../commands/pin-trusted.ts')).pinTrusted(context, image, options),
      );
    });
  pin
    .command('show')
    .description('Show all pins, or the one that decides about a repository.')
    .argument('[image]', repository)
    .action(async (image?: string) => {
      await run(async (context) => (await import('../commands/pin-show.ts')).pinShow(context, image));
    });
  pin
    .command('add')
    .description(
      'Pin root keys or authorities. Nothing is pinned that contradicts a repository which is trusted here.',
    )
    .argument('<image>', pattern)
    .argument('<key...>', 'key ids, or files: public keys, root certificates, certificate authorities (PEM)')
    .option('--force', 'even if a repository that is trusted here will be refused from now on')
    .action(async (image: string, keys: string[], options: PinAddOptions) => {
      await run(async (context) =>
        (await import('../commands/pin-add.ts')).pinAdd(context, image, keys, options),
      );
    });
  pin
    .command('remove')
    .description('Remove pins: all of a pattern, or some.')
    .argument('<image>', pattern)
    .argument('[key...]', 'only these ids or files')
    .action(async (image: string, keys: string[]) => {
      await run(async (context) =>
        (await import('../commands/pin-remove.ts')).pinRemove(context, image, keys),
      );
    });
}
