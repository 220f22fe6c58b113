// `dct sign`: signs what the registry serves under a tag now.
import type { PreparedSign, TargetToSign } from '../../tuf-client/author/index.ts';
import type { Context } from '../context.ts';
import { changeLines, signedJson, signedLines, type SignOutcome } from '../sign-report.ts';
import { collections, contentToSign, expectedDigest } from '../signing.ts';

export interface SignOptions {
  readonly digest?: string;
  readonly signer?: string;
  readonly dryRun?: boolean;
}

interface Prepared {
  readonly change: PreparedSign;
  readonly targets: readonly TargetToSign[];
}

/**
 * Every repository is prepared (content fetched, trust data verified, keys unlocked) before the first one is published.
 * @throws USAGE and everything that the registry, trust, author and key store doors throw
 */
export async function sign(context: Context, texts: readonly string[], options: SignOptions): Promise<void> {
  const { services, console, interruption } = context;
  const dryRun = options.dryRun === true;
  const chosen = collections(texts);
  const digest = expectedDigest(options.digest, chosen);

  const prepared: Prepared[] = [];
  for (const collection of chosen) {
    const registry = await services.registry(collection.registry);
    const targets = await contentToSign(registry, collection, digest, interruption.signal);
    const request = { gun: collection.gun, targets, signer: options.signer, dryRun };
    prepared.push({ targets, change: await services.prepareSign(request) });
  }

  const outcomes: SignOutcome[] = [];
  try {
    for (const { targets, change } of prepared) {
      if (!dryRun) await interruption.undisturbed(() => change.publish());
      outcomes.push({ plan: change.plan, targets, dryRun });
      for (const line of changeLines(change.plan)) console.info(line);
    }
  } finally {
    // What was published is told even when a later repository fails.
    if (outcomes.length > 0)
      console.emit({ lines: outcomes.flatMap(signedLines), data: { signed: outcomes.flatMap(signedJson) } });
  }
}
