// `dct publish`: publishes a bundle that enough people have signed.
import type { Context } from '../context.ts';
import { readBundleFile } from '../bundle-file.ts';
import { bundleJson, bundleLines } from '../bundle-report.ts';

export interface PublishOptions {
  readonly dryRun?: boolean;
}

/**
 * Several files are copies of one bundle that were signed at the same time: their signatures are put together.
 * @throws USAGE, BUNDLE_REFUSED, BUNDLE_OUTDATED, BUNDLE_INCOMPLETE, and the errors of every publication
 */
export async function publish(
  { io, services, console, interruption }: Context,
  texts: readonly string[],
  { dryRun = false }: PublishOptions,
): Promise<void> {
  const files: Uint8Array[] = [];
  for (const text of texts) files.push(await readBundleFile(io, text));
  const opened = await services.openBundle(files);
  const { gun, isPublished } = opened.plan;
  const plan = dryRun || isPublished ? opened.plan : await interruption.undisturbed(() => opened.publish());
  const headline = isPublished ? 'already published' : dryRun ? 'would publish' : 'published';
  console.emit({ lines: bundleLines(`${headline} ${gun}`, plan), data: bundleJson(plan, dryRun) });
}
