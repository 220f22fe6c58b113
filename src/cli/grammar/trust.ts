// Commands about what this machine remembers.
import type { Command } from 'commander';
import type { ForgetOptions } from '../commands/forget.ts';
import type { Run } from './run.ts';

export function addTrustCommands(program: Command, run: Run): void {
  program
    .command('forget')
    .summary('forget what is cached of a repository, or whom to trust for it')
    .description(
      'Forget what is cached of a repository. With --root also its trusted root and the versions that were seen, as after its owner has begun anew with other keys: the next contact is a first contact again.',
    )
    .argument('<image>', '[HOST[:PORT]/]NAME')
    .option('--root', 'the trusted root too')
    .option('-y, --yes', 'do not ask before the root is forgotten')
    .action(async (image: string, options: ForgetOptions) => {
      await run(async (context) => (await import('../commands/forget.ts')).forget(context, image, options));
    });
}
