// The command that replaces keys of a repository.
import type { Command } from 'commander';
import type { KeyRotateOptions } from '../commands/key-rotate.ts';
import { offlineBundle, repeatable } from './options.ts';
import type { Run } from './run.ts';

export function addKeyRotate(key: Command, run: Run): void {
  key
    .command('rotate')
    .summary('replace a key of one repository or more')
    .description(
      'Replace the root, targets, snapshot or timestamp key of a repository. A new root is signed by the old and by the new key; old private keys stay in the trust directory.',
    )
    .argument('<image>', '[HOST[:PORT]/]NAME')
    .argument('<role>', 'root, targets, snapshot or timestamp')
    .option('--server-managed', 'let the Notary server hold the new key (snapshot and timestamp)')
    .option('--client-managed', 'hold the new key in the trust directory (snapshot)')
    .option(
      '--key <id|file>',
      'in place of a new key: one of the trust directory, by its id or public half, or a private key to import',
    )
    .addOption(repeatable('--also <image>', 'another repository whose key is replaced in the same way'))
    .option('--dry-run', 'say what would change, and change nothing')
    .option(...offlineBundle)
    .option('-y, --yes', 'do not ask')
    .action(async (image: string, role: string, options: KeyRotateOptions) => {
      await run(async (context) =>
        (await import('../commands/key-rotate.ts')).keyRotate(context, image, role, options),
      );
    });
}
