// Commands about images: sign, resolve, verify, inspect, list.
import type { Command } from 'commander';
import type { PublishOptions } from '../commands/publish.ts';
import type { SignOptions } from '../commands/sign.ts';
import { offlineBundle } from './options.ts';
import type { Run } from './run.ts';

const image = '[HOST[:PORT]/]NAME:TAG';

export function addImageCommands(program: Command, run: Run): void {
  program
    .command('sign')
    .summary('sign what the registry serves under a tag now')
    .description(
      'Sign what the registry serves under a tag now. The first signature creates the trust repository. With --offline-bundle and no image: sign what somebody else has put into that file.',
    )
    .argument('[image...]', image)
    .option('--digest <digest>', 'the content that must be under the tag, sha256:...')
    .option('--signer <name>', 'sign as this signer; on the first signature, create it')
    .option('--dry-run', 'say what would change, and change nothing')
    .option(...offlineBundle)
    .option('-y, --yes', "do not ask before signing somebody else's bundle")
    .action(async (images: string[], options: SignOptions) => {
      await run(async (context) => (await import('../commands/sign.ts')).sign(context, images, options));
    });

  program
    .command('publish')
    .summary('publish a bundle that was signed by several people')
    .description(
      'Publish what several people have signed in a file (--offline-bundle). Copies that were signed at the same time are put together.',
    )
    .argument('<bundle...>', 'the file, or copies of it')
    .option('--dry-run', 'say what would change and whose signatures are missing, and change nothing')
    .action(async (bundles: string[], options: PublishOptions) => {
      await run(async (context) =>
        (await import('../commands/publish.ts')).publish(context, bundles, options),
      );
    });

  program
    .command('resolve')
    .summary('print the signed NAME@sha256:... of a tag')
    .description('Print NAME@sha256:... of a signed tag, from verified trust data only.')
    .argument('<image>', image)
    .action(async (name: string) => {
      await run(async (context) => (await import('../commands/resolve.ts')).resolve(context, name));
    });

  program
    .command('verify')
    .summary('check the trust data of an image')
    .description('Check all trust data of a repository, and that the tag is signed when one is given.')
    .argument('<image>', '[HOST[:PORT]/]NAME[:TAG]')
    .option('--deep', 'also fetch and hash every manifest, configuration and layer')
    .action(async (name: string, options: { deep?: boolean }) => {
      await run(async (context) => (await import('../commands/verify.ts')).verify(context, name, options));
    });

  program
    .command('inspect')
    .summary('show tags, signers and keys as `docker trust inspect` does')
    .description('Show signed tags, signers and keys, in the JSON or the tables of `docker trust inspect`.')
    .argument('<image...>', '[HOST[:PORT]/]NAME[:TAG]')
    .option('--pretty', 'tables for people')
    .action(async (names: string[], options: { pretty?: boolean }) => {
      await run(async (context) => (await import('../commands/inspect.ts')).inspect(context, names, options));
    });

  program
    .command('list')
    .summary('list the signed tags of a repository')
    .description('List the signed tags of a repository: tag, digest, size, and the role that released it.')
    .argument('<image>', '[HOST[:PORT]/]NAME')
    .option('--expiry', 'list when its roles and root certificates end instead')
    .action(async (name: string, { expiry = false }: { expiry?: boolean }) => {
      await run(async (context) =>
        expiry
          ? (await import('../commands/list-expiry.ts')).listExpiry(context, name)
          : (await import('../commands/list.ts')).list(context, name),
      );
    });
}
