// `dct sign`: signs what the registry serves under a tag now.
import { DctError } from '../../base/errors.ts';
import { checkSignerName } from '../../base/role-name.ts';
import type { TargetToSign } from '../../tuf-client/author/index.ts';
import type { Context } from '../context.ts';
import { eachRepository, tellFailures, type Failures } from '../each-repository.ts';
import { changeLines, signedJson, signedLines, type SignOutcome } from '../sign-report.ts';
import { collections, contentToSign, expectedDigest, type Collection } from '../signing.ts';

export interface SignOptions {
  readonly digest?: string;
  readonly signer?: string;
  readonly dryRun?: boolean;
  readonly offlineBundle?: string;
  readonly yes?: boolean;
}

/**
 * One publication a repository, and several repositories at the same time. All are prepared (content fetched, trust data
 * verified, keys unlocked) before the first is published. One that fails does not keep the others from being signed.
 * @throws USAGE and everything that the registry, trust, author and key store doors throw
 */
export async function sign(context: Context, texts: readonly string[], options: SignOptions): Promise<void> {
  if (options.signer !== undefined) checkSignerName(options.signer);
  if (options.offlineBundle !== undefined) return signBundle(context, texts, options, options.offlineBundle);
  const { services, console, interruption } = context;
  const dryRun = options.dryRun === true;
  const chosen = chosenImages(texts);
  const digest = expectedDigest(options.digest, chosen);
  const failures: Failures = new Map();

  const prepared = await eachRepository(chosen, failures, async (collection) => {
    const { gun } = collection;
    const targets = await targetsOf(context, collection, digest);
    const request = { gun, targets, signer: options.signer, dryRun };
    return { gun, targets, change: await services.prepareSign(request) };
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
  file: string,
): Promise<void> {
  if (texts.length === 0) {
    if (options.digest !== undefined || options.signer !== undefined)
      throw new DctError('USAGE', {
        problem: 'what is in a bundle was decided when it was begun',
        hint: 'Leave --digest and --signer away.',
      });
    const { cosign } = await import('../cosign.ts');
    return cosign(context, file, options);
  }
  const chosen = chosenImages(texts);
  const digest = expectedDigest(options.digest, chosen);
  const { beginBundle, oneRepository } = await import('../collect.ts');
  const collection = oneRepository(chosen);
  const targets = await targetsOf(context, collection, digest);
  const change = { kind: 'sign', targets, signer: options.signer } as const;
  return beginBundle(context, file, [{ gun: collection.gun, change }], options);
}

function chosenImages(texts: readonly string[]): readonly Collection[] {
  if (texts.length > 0) return collections(texts);
  throw new DctError('USAGE', {
    problem: 'nothing is named that could be signed',
    hint: 'Name one image or more, for example: dct sign localhost:5000/team/app:1.0',
  });
}

async function targetsOf(
  { services, interruption }: Context,
  collection: Collection,
  digest: ReturnType<typeof expectedDigest>,
): Promise<readonly TargetToSign[]> {
  const registry = await services.registry(collection.registry);
  return contentToSign(registry, collection, digest, interruption.signal);
}
