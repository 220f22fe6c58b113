// `dct verify`: checks everything that can be checked, and says what holds.
import { DctError } from '../../base/errors.ts';
import { parseReference, type Reference } from '../../base/reference.ts';
import {
  findReleased,
  listReleased,
  type ReleasedTarget,
  type TrustedRepository,
} from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { deepCheck, type DeepReport } from '../deep-check.ts';
import type { FreshnessOptions } from '../freshness.ts';
import type { LeastVersionOptions } from '../least-versions.ts';
import { missingSigner } from '../signers-required.ts';
import { trustData } from '../trust-data.ts';
import { verdict } from '../verdict.ts';

export interface VerifyOptions extends FreshnessOptions, LeastVersionOptions {
  readonly deep?: boolean;
  readonly signer?: readonly string[];
}

/**
 * Verifies the trust data of a repository and, when a tag or a digest is named, that it is signed.
 * @throws NOT_SIGNED, DIGEST_NOT_SIGNED, NOT_SIGNED_BY, TARGET_UNUSABLE, USAGE, and the errors of `trustData` and `deepCheck`
 */
export async function verify(context: Context, text: string, options: VerifyOptions): Promise<void> {
  const reference = parseReference(text);
  const { gun, registry, repository } = reference;
  const trusted = await trustData(context, gun, options);
  const targets = signedBy(trusted, reference, meant(trusted, reference), options.signer ?? []);
  const reports: DeepReport[] = [];
  if (options.deep === true) {
    const client = await context.services.registry(registry);
    const onProgress = (line: string): void => context.console.progress(line);
    const deepOptions = { signal: context.interruption.signal, onProgress };
    for (const target of targets) reports.push(await deepCheck(client, repository, target, deepOptions));
  }
  const failures = reports.flatMap((report) => report.failures);
  for (const failure of failures) context.console.fail(failure);
  // Whoever looks at stdout alone would read a verdict with failures as a good one.
  if (failures.length === 0)
    context.console.emit(await verdict(trusted, targets, options.deep === true ? reports : undefined));
}

/** All tags, the one that was named, or those that stand for a digest; never none where something was named. */
function meant(trusted: TrustedRepository, { gun, tag, digest }: Reference): readonly ReleasedTarget[] {
  const targets = tag === undefined ? listReleased(trusted) : [findReleased(trusted, tag)];
  if (digest === undefined) return targets;
  const matching = targets.filter(({ digests }) => digests.includes(digest));
  if (matching.length > 0) return matching;
  const [named] = tag === undefined ? [] : targets;
  throw new DctError('DIGEST_NOT_SIGNED', {
    gun,
    reference: tag === undefined ? gun : `${gun}:${tag}`,
    digest,
    signed: named === undefined ? 'no signed tag has it' : `it is signed as ${named.digest}`,
  });
}

/** Of the tags that stand for a digest one is enough; otherwise each has to be signed. */
function signedBy(
  trusted: TrustedRepository,
  { tag, digest }: Reference,
  targets: readonly ReleasedTarget[],
  signers: readonly string[],
): readonly ReleasedTarget[] {
  const missing = new Map(targets.map((target) => [target, missingSigner(trusted, target, signers)]));
  const signed = targets.filter((target) => missing.get(target) === undefined);
  const isEnough =
    digest !== undefined && tag === undefined ? signed.length > 0 : signed.length === targets.length;
  if (isEnough) return signed;
  throw [...missing.values()].find((error) => error !== undefined) as DctError;
}
