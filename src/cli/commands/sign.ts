// `dct sign`: signs what the registry serves under a tag now.
import { DctError } from '../../base/errors.ts';
import { checkSignerName } from '../../base/role-name.ts';
import type { TargetToSign } from '../../tuf-client/author/index.ts';
import type { RoleName } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { delegationName } from '../delegations.ts';
import { eachRepository, tellFailures, type Failures } from '../each-repository.ts';
import { rootChoice, type RootOptions } from '../root-choice.ts';
import { changeLines, signedJson, signedLines, type SignOutcome } from '../sign-report.ts';
import { signedElsewhere } from '../sign-origin.ts';
import {
  collections,
  contentToSign,
  expectedDigest,
  wholeRepositories,
  type Collection,
  type Expected,
} from '../signing.ts';

export interface SignOptions extends RootOptions {
  readonly allTags?: boolean;
  readonly digest?: string;
  readonly from?: string;
  readonly signer?: string;
  readonly role?: readonly string[];
  readonly dryRun?: boolean;
  readonly offlineBundle?: string;
  readonly yes?: boolean;
}

/** The part of the options that decides as whom is signed. */
interface Signing {
  readonly signer: string | undefined;
  readonly roles: readonly RoleName[];
}

/**
 * One publication a repository, and several repositories at the same time. All are prepared (content fetched, trust data
 * verified, keys unlocked) before the first is published. One that fails does not keep the others from being signed.
 * @throws USAGE and everything that the registry, trust, author and key store doors throw
 */
export async function sign(context: Context, texts: readonly string[], options: SignOptions): Promise<void> {
  const signing = signingAs(options);
  if (options.offlineBundle !== undefined)
    return signBundle(context, texts, options, signing, options.offlineBundle);
  const { services, console, interruption } = context;
  const dryRun = options.dryRun === true;
  const chosen = chosenImages(texts, options);
  const expected = await expectedContent(context, chosen, options);
  const root = await rootChoice(context, options);
  const failures: Failures = new Map();

  const prepared = await eachRepository(chosen, failures, async (collection) => {
    const { gun } = collection;
    const targets = await targetsOf(context, collection, expected);
    return { gun, targets, change: await services.prepareSign({ gun, targets, ...signing, root, dryRun }) };
  });

  let done = 0;
  const outcomes = await eachRepository(prepared, failures, async ({ targets, change }) => {
    if (!dryRun) await interruption.undisturbed(() => change.publish());
    done += 1;
    if (prepared.length > 1) console.progress(`${done} of ${prepared.length} repositories`);
    return { plan: change.plan, targets, dryRun };
  });
  tell(context, outcomes);
  tellFailures(console, chosen, failures, 'was not signed');
}

/** Names are looked at before anything is loaded, read or asked for them. @throws USAGE */
function signingAs({ signer, role = [] }: SignOptions): Signing {
  if (signer !== undefined) checkSignerName(signer);
  const roles = role.map(delegationName);
  if (signer === undefined || roles.length === 0) return { signer, roles };
  throw new DctError('USAGE', {
    problem: '--signer and --role exclude each other',
    hint: '--signer NAME signs as Docker does; --role signs into exactly the delegations that are named.',
  });
}

function tell({ console }: Context, outcomes: readonly SignOutcome[]): void {
  for (const { plan } of outcomes) for (const line of changeLines(plan)) console.info(line);
  if (outcomes.length > 0)
    console.emit({ lines: outcomes.flatMap(signedLines), data: { signed: outcomes.flatMap(signedJson) } });
}

/** With images: begins a bundle. Without: signs the one that somebody else has begun. */
async function signBundle(
  context: Context,
  texts: readonly string[],
  options: SignOptions,
  signing: Signing,
  file: string,
): Promise<void> {
  const { digest, from, allTags, signer, role, rootKey, rootCert } = options;
  if (texts.length === 0) {
    if ([digest, from, allTags, signer, role, rootKey, rootCert].some((option) => option !== undefined))
      throw new DctError('USAGE', {
        problem: 'what is in a bundle was decided when it was begun',
        hint: 'Leave all options but --dry-run and --yes away.',
      });
    const { cosign } = await import('../cosign.ts');
    return cosign(context, file, options);
  }
  if (rootKey !== undefined || rootCert !== undefined)
    throw new DctError('USAGE', { problem: 'a bundle cannot begin a repository' });
  const chosen = chosenImages(texts, options);
  const { beginBundle, oneRepository } = await import('../collect.ts');
  const collection = oneRepository(chosen);
  const expected = await expectedContent(context, chosen, options);
  const targets = await targetsOf(context, collection, expected);
  const change = { kind: 'sign', targets, ...signing } as const;
  return beginBundle(context, file, [{ gun: collection.gun, change }], options);
}

async function targetsOf(
  { services, interruption }: Context,
  collection: Collection,
  expected: Expected,
): Promise<readonly TargetToSign[]> {
  const registry = await services.registry(collection.registry);
  return contentToSign(registry, collection, expected, interruption.signal);
}

function chosenImages(texts: readonly string[], { allTags = false }: SignOptions): readonly Collection[] {
  if (texts.length > 0) return allTags ? wholeRepositories(texts) : collections(texts);
  throw new DctError('USAGE', {
    problem: 'nothing is named that could be signed',
    hint: 'Name one image or more, for example: dct sign localhost:5000/team/app:1.0',
  });
}

async function expectedContent(
  context: Context,
  chosen: readonly Collection[],
  { digest, from }: SignOptions,
): Promise<Expected> {
  if (digest !== undefined && from !== undefined)
    throw new DctError('USAGE', { problem: '--digest and --from exclude each other' });
  return {
    digest: expectedDigest(digest, chosen),
    origin: from === undefined ? undefined : await signedElsewhere(context, from, chosen),
  };
}
