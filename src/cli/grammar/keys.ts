// Commands about private keys.
import { type Command, Option } from 'commander';
import type { KeyExportOptions } from '../commands/key-export.ts';
import type { KeyImportOptions } from '../commands/key-import.ts';
import type { KeyLoadOptions } from '../commands/key-load.ts';
import type { KeyPasswdOptions } from '../commands/key-passwd.ts';
import type { KeyChoice } from '../commands/key-remember.ts';
import type { KeyRestoreOptions } from '../commands/key-restore.ts';
import { repeatable } from './options.ts';
import { addKeyRotate } from './rotation.ts';
import type { Run } from './run.ts';

export function addKeyCommands(program: Command, run: Run): void {
  const key = program
    .command('key')
    .summary('make, move, check and look after private keys')
    .description('Make, move, check and look after the private keys in the trust directory.');
  addMakingAndListing(key, run);
  addTaking(key, run);
  addGiving(key, run);
  addKeeping(key, run);
  addKeyRotate(key, run);
}

const id = 'key id, or at least its first 7 digits';

function addMakingAndListing(key: Command, run: Run): void {
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
    .option('--all', 'also keys of known repositories whose private half is elsewhere')
    .action(async (options: { all?: boolean }) => {
      await run(async (context) => (await import('../commands/key-list.ts')).keyList(context, options));
    });
  key
    .command('check')
    .description(
      'Open every key; say what depends on it, and warn of weak passphrases, open files and root keys without a copy.',
    )
    .action(async () => {
      await run(async (context) => (await import('../commands/key-check.ts')).keyCheck(context));
    });
}

function addTaking(key: Command, run: Run): void {
  key
    .command('load')
    .description(
      "Take a private key from elsewhere as a signer's key. It may be encrypted, in any common form.",
    )
    .argument('<file>', 'private key (PEM)')
    .option('--name <name>', 'name of the signer (default: the one in the file, else "signer")')
    .addOption(force())
    .action(async (file: string, options: KeyLoadOptions) => {
      await run(async (context) => (await import('../commands/key-load.ts')).keyLoad(context, file, options));
    });
  key
    .command('import')
    .description('Take private keys from files and exports. All are opened before the first one is written.')
    .argument('<file...>', 'private keys (PEM), one or more in each file')
    .option('--role <role>', 'role of keys whose file names none (default: "delegation")')
    .option('--gun <gun>', 'repository of targets and snapshot keys whose file names none')
    .addOption(force())
    .addOption(dryRun())
    .action(async (files: string[], options: KeyImportOptions) => {
      await run(async (context) =>
        (await import('../commands/key-import.ts')).keyImport(context, files, options),
      );
    });
  key
    .command('restore')
    .description(
      'Take all keys of a backup. All are opened before the first one is written, and none may be missing.',
    )
    .argument('<file>', 'what `dct key backup` wrote')
    .addOption(force())
    .addOption(dryRun())
    .action(async (file: string, options: KeyRestoreOptions) => {
      await run(async (context) =>
        (await import('../commands/key-restore.ts')).keyRestore(context, file, options),
      );
    });
}

function addGiving(key: Command, run: Run): void {
  key
    .command('export')
    .description('Write keys, encrypted as they are, to a file that dct and notary import.')
    .addOption(repeatable('--key <id>', id))
    .addOption(repeatable('--gun <gun>', 'the keys of this repository'))
    .option('--all', 'all keys')
    .addOption(output('the file to write; - for a pipe'))
    .option('--force', 'replace the file if there is one')
    .action(async (options: KeyExportOptions) => {
      await run(async (context) => (await import('../commands/key-export.ts')).keyExport(context, options));
    });
  key
    .command('backup')
    .description(
      'Write all keys, encrypted as they are, to a file that `dct key restore` checks for completeness.',
    )
    .addOption(output())
    .option('--force', 'replace the file if there is one')
    .action(async (options: Pick<KeyExportOptions, 'output' | 'force'>) => {
      await run(async (context) => (await import('../commands/key-export.ts')).keyBackup(context, options));
    });
}

function addKeeping(key: Command, run: Run): void {
  key
    .command('remove')
    .description('Remove a key. Its file is archived, so that it can be imported again.')
    .argument('<id>', id)
    .option('-y, --yes', 'do not ask')
    .action(async (text: string, options: { yes?: boolean }) => {
      await run(async (context) =>
        (await import('../commands/key-remove.ts')).keyRemove(context, text, options),
      );
    });
  key
    .command('passwd')
    .description('Change the passphrase of a key. The old file stays until the new one is safe.')
    .argument('<id>', id)
    .option('--new-passphrase-file <file>', 'file with the new passphrase, instead of the terminal')
    .option('--new-passphrase-fd <number>', 'open descriptor to read it from')
    .option('--rounds <number>', 'PBKDF2 rounds that shall guard it at least; docker and notary open it too')
    .action(async (text: string, options: KeyPasswdOptions) => {
      await run(async (context) =>
        (await import('../commands/key-passwd.ts')).keyPasswd(context, text, options),
      );
    });
  key
    .command('remember')
    .description('Keep the passphrases of keys in the keychain of this system.')
    .argument('[id...]', id)
    .option('--all', 'of all keys')
    .action(async (ids: string[], options: KeyChoice) => {
      await run(async (context) =>
        (await import('../commands/key-remember.ts')).keyRemember(context, ids, options),
      );
    });
  key
    .command('forget')
    .description('Delete the passphrases of keys from the keychain of this system.')
    .argument('[id...]', id)
    .option('--all', 'of all keys')
    .action(async (ids: string[], options: KeyChoice) => {
      await run(async (context) =>
        (await import('../commands/key-remember.ts')).keyForget(context, ids, options),
      );
    });
}

function force(): Option {
  return new Option('--force', 'replace keys that are here under other passphrases or roles; archives them');
}

function dryRun(): Option {
  return new Option('--dry-run', 'open and compare everything, and change nothing');
}

function output(description = 'the file to write'): Option {
  return new Option('-o, --output <file>', description).makeOptionMandatory();
}
