// Commands about images: sign, resolve, verify, inspect, list.
import { type Command, Option } from 'commander';
import type { InspectOptions } from '../commands/inspect.ts';
import type { ListOptions } from '../commands/list.ts';
import type { PublishOptions } from '../commands/publish.ts';
import type { ResolveOptions } from '../commands/resolve.ts';
import type { SignOptions } from '../commands/sign.ts';
import type { VerifyOptions } from '../commands/verify.ts';
import { offlineBundle, repeatable, rootCert, rootKey } from './options.ts';
import type { Run } from './run.ts';

const image = '[HOST[:PORT]/]NAME:TAG';

export function addImageCommands(program: Command, run: Run): void {
  program
    .command('sign')
    .summary('sign what the registry serves under a tag now')
    .description(
      'Sign what the registry serves under a tag now. The first signature creates the trust repository. With --offline-bundle and no image: sign what somebody else has put into that file.',
    )
    .argument('[image...]', `${image}; with --all-tags without :TAG`)
    .option('--all-tags', 'sign every tag that the registry lists now, or with --from, that is signed there')
    .option('--digest <digest>', 'the content that must be under the tag, sha256:...')
    .option('--from <image>', 'the content that is signed under this other name, with or without tag')
    .option('--signer <name>', 'sign as this signer; on the first signature, create it')
    .addOption(repeatable('--role <role>', 'sign into this delegation only, nested ones too: targets/NAME'))
    .option(...rootKey)
    .option(...rootCert)
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
    .addOption(requiredSigner())
    .addOption(maxAge())
    .addOption(online())
    .addOption(minVersion())
    .action(async (name: string, options: ResolveOptions) => {
      await run(async (context) => (await import('../commands/resolve.ts')).resolve(context, name, options));
    });

  program
    .command('verify')
    .summary('check the trust data of an image')
    .description(
      'Check all trust data of a repository; that the tag is signed when one is given; and when a digest is given, that a signed tag stands for it, and which.',
    )
    .argument('<image>', '[HOST[:PORT]/]NAME[:TAG][@DIGEST]')
    .option('--deep', 'also fetch and hash every manifest, configuration and layer')
    .addOption(requiredSigner())
    .addOption(maxAge())
    .addOption(online())
    .addOption(minVersion())
    .action(async (name: string, options: VerifyOptions) => {
      await run(async (context) => (await import('../commands/verify.ts')).verify(context, name, options));
    });

  program
    .command('inspect')
    .summary('show tags, signers and keys as `docker trust inspect` does')
    .description('Show signed tags, signers and keys, in the JSON or the tables of `docker trust inspect`.')
    .argument('<image...>', '[HOST[:PORT]/]NAME[:TAG]')
    .option('--pretty', 'tables for people')
    .addOption(new Option('--raw <role>', 'the metadata of one role, as it was signed').conflicts('pretty'))
    .addOption(maxAge())
    .addOption(online())
    .action(async (names: string[], { raw, ...options }: InspectOptions & { raw?: string }) => {
      await run(async (context) =>
        raw === undefined
          ? (await import('../commands/inspect.ts')).inspect(context, names, options)
          : (await import('../commands/inspect-raw.ts')).inspectRaw(context, names, raw, options),
      );
    });

  program
    .command('list')
    .summary('list the signed tags of a repository')
    .description('List the signed tags of a repository: tag, digest, size, and the role that released it.')
    .argument('<image>', '[HOST[:PORT]/]NAME')
    .addOption(
      repeatable('--role <role>', 'what this role signed itself, released or not: targets/ci, or ci'),
    )
    .option('--digest <digest>', 'only tags that stand for this content, sha256:...')
    .option('--details', 'all that was signed for each tag: every hash, and custom data')
    .addOption(
      new Option('--expiry', 'list when its roles and root certificates end instead').conflicts([
        'role',
        'digest',
        'details',
      ]),
    )
    .addOption(maxAge())
    .addOption(online())
    .action(async (name: string, options: ListOptions & { expiry?: boolean }) => {
      await run(async (context) =>
        options.expiry === true
          ? (await import('../commands/list-expiry.ts')).listExpiry(context, name, options)
          : (await import('../commands/list.ts')).list(context, name, options),
      );
    });
}

function requiredSigner(): Option {
  return repeatable('--signer <name>', 'refuse unless this signer has signed the same content');
}

function minVersion(): Option {
  return repeatable(
    '--min-version <role=n>',
    'refuse older versions of a role, for machines that start empty',
  );
}

function maxAge(): Option {
  return new Option(
    '--max-age <duration>',
    'refuse what the Notary server has not confirmed for so long: 90s, 15m, 12h, 7d',
  );
}

function online(): Option {
  return new Option('--online', 'refuse what it does not confirm now').conflicts('maxAge');
}
