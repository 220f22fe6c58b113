// Commands about who may sign, and about taking signatures back.
import type { Command } from 'commander';
import type { ChangeOptions } from '../change.ts';
import type { DelegationAddOptions } from '../commands/delegation-add.ts';
import type { DelegationPurgeOptions } from '../commands/delegation-purge.ts';
import type { DelegationRemoveOptions } from '../commands/delegation-remove.ts';
import type { SignerAddOptions } from '../commands/signer-add.ts';
import type { SignerRemoveOptions } from '../commands/signer-remove.ts';
import { offlineBundle, repeatable, rootCert, rootKey } from './options.ts';
import type { Run } from './run.ts';

const repository = '[HOST[:PORT]/]NAME';

const dryRun = ['--dry-run', 'say what would change, and change nothing'] as const;
const yes = ['-y, --yes', 'do not ask'] as const;

export function addSignerCommands(program: Command, run: Run): void {
  addSigners(program, run);
  addDelegations(program, run);
  addSignatures(program, run);
}

function addSigners(program: Command, run: Run): void {
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
    .option('--replace', 'in place of the keys that the signer has')
    .option(...rootKey)
    .option(...rootCert)
    .option(...dryRun)
    .option(...offlineBundle)
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
    .option(...dryRun)
    .option(...offlineBundle)
    .option(...yes)
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

function addDelegations(program: Command, run: Run): void {
  const delegation = program
    .command('delegation')
    .summary('add, remove and list roles that sign for another role')
    .description('Add, remove and list roles that sign for another role, nested as deep as wanted.');
  delegation
    .command('add')
    .description('Declare a delegation, or give one more keys and paths.')
    .argument('<image>', repository)
    .argument('<role>', 'targets/NAME')
    .argument('[key...]', 'public keys (PEM)')
    .addOption(repeatable('--paths <prefix,...>', 'beginnings of the tags that it may sign'))
    .option('--all-paths', 'let it sign every tag')
    .option('--threshold <number>', 'how many of its keys have to sign')
    .option('--replace', 'in place of the keys that it has')
    .option(...dryRun)
    .option(...offlineBundle)
    .action(async (image: string, role: string, keys: string[], options: DelegationAddOptions) => {
      await run(async (context) =>
        (await import('../commands/delegation-add.ts')).delegationAdd(context, image, role, keys, options),
      );
    });
  delegation
    .command('remove')
    .description('Remove a delegation with everything below it, or only some of its keys and paths.')
    .argument('<image>', repository)
    .argument('<role>', 'targets/NAME')
    .argument('[key-id...]', 'only these keys')
    .addOption(repeatable('--paths <prefix,...>', 'only these beginnings of tags'))
    .option('--all-paths', 'only the leave to sign every tag')
    .option(...dryRun)
    .option(...offlineBundle)
    .option(...yes)
    .action(async (image: string, role: string, ids: string[], options: DelegationRemoveOptions) => {
      await run(async (context) =>
        (await import('../commands/delegation-remove.ts')).delegationRemove(
          context,
          image,
          role,
          ids,
          options,
        ),
      );
    });
  delegation
    .command('purge')
    .description('Take keys out of every delegation of a repository.')
    .argument('<image>', repository)
    .addOption(repeatable('--key <id>', 'key to take out').makeOptionMandatory())
    .option(...dryRun)
    .option(...offlineBundle)
    .option(...yes)
    .action(async (image: string, options: DelegationPurgeOptions) => {
      await run(async (context) =>
        (await import('../commands/delegation-purge.ts')).delegationPurge(context, image, options),
      );
    });
  delegation
    .command('list')
    .description('List the delegations of a repository: paths, signatures needed, tags, end, keys.')
    .argument('<image>', repository)
    .action(async (image: string) => {
      await run(async (context) =>
        (await import('../commands/delegation-list.ts')).delegationList(context, image),
      );
    });
}

function addSignatures(program: Command, run: Run): void {
  program
    .command('witness')
    .summary('sign roles again as they are')
    .description(
      'Sign roles again as they are: because their end is near, or because a former signer signed them.',
    )
    .argument('<image>', repository)
    .argument('<role...>', 'root, targets, or targets/NAME')
    .option(...dryRun)
    .option(...offlineBundle)
    .option(...yes)
    .action(async (image: string, roles: string[], options: ChangeOptions) => {
      await run(async (context) =>
        (await import('../commands/witness.ts')).witness(context, image, roles, options),
      );
    });
  program
    .command('revoke')
    .summary('take the signature of a tag back, or all of them')
    .description(
      'Take the signature of a tag back, in every role. Without a tag: of everything that is signed.',
    )
    .argument('<image>', '[HOST[:PORT]/]NAME[:TAG]')
    .option(...dryRun)
    .option(...offlineBundle)
    .option(...yes)
    .action(async (image: string, options: ChangeOptions) => {
      await run(async (context) => (await import('../commands/revoke.ts')).revoke(context, image, options));
    });
}
