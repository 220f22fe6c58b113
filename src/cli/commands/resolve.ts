// `dct resolve`: the content that a tag was signed for, in the form that pins it.
import { pinned } from '../../base/reference.ts';
import { findReleased } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import type { FreshnessOptions } from '../freshness.ts';
import type { LeastVersionOptions } from '../least-versions.ts';
import { taggedImage } from '../images.ts';
import { missingSigner } from '../signers-required.ts';
import { trustData } from '../trust-data.ts';

export interface ResolveOptions extends FreshnessOptions, LeastVersionOptions {
  readonly signer?: readonly string[];
}

/**
 * Prints `NAME@sha256:...` and nothing else.
 * @throws NOT_SIGNED, TARGET_UNUSABLE, NOT_SIGNED_BY, and the errors of `trustData`
 */
export async function resolve(context: Context, text: string, options: ResolveOptions): Promise<void> {
  const { gun, tag } = taggedImage(text, 'resolve');
  const trusted = await trustData(context, gun, options);
  const target = findReleased(trusted, tag);
  const missing = missingSigner(trusted, target, options.signer ?? []);
  if (missing !== undefined) throw missing;
  const { digest, length, role } = target;
  const reference = pinned(gun, digest);
  context.console.emit({ lines: [reference], data: { reference, gun, tag, digest, size: length, role } });
}
