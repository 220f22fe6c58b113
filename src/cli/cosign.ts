// One's own signature for what somebody else has prepared, after seeing exactly what it is.
import type { Context } from './context.ts';
import { bundlePath, readBundleFile } from './bundle-file.ts';
import { bundleJson, bundleLines, nextStep } from './bundle-report.ts';
import type { CollectOptions } from './collect.ts';
import { confirm } from './confirm.ts';

/** @throws DECLINED, BUNDLE_REFUSED, BUNDLE_OUTDATED, KEY_MISSING, KEY_CHANGED, and the errors of reading trust data */
export async function cosign(
  { io, services, console, interruption }: Context,
  text: string,
  { dryRun = false, yes = false }: CollectOptions,
): Promise<void> {
  const bytes = await readBundleFile(io, text);
  const opened = await services.openBundle([bytes]);
  const { plan } = opened;
  const path = bundlePath(io, text);
  const { file } = path;
  if (plan.isPublished || dryRun) {
    const headline = plan.isPublished ? 'already published' : 'would sign';
    console.emit({
      lines: bundleLines(`${headline} ${plan.gun}`, plan),
      data: { bundle: file, ...bundleJson(plan, dryRun) },
    });
    return;
  }
  if (!yes) for (const line of bundleLines(plan.gun, plan)) console.info(line);
  await confirm(io, `Sign this for ${plan.gun}?`, { yes });
  await interruption.undisturbed(async () => {
    const signed = await opened.cosign();
    if (signed.added.length > 0) await path.replace(bytes, signed.bytes);
    const headline =
      signed.added.length > 0
        ? `signed ${file} with ${signed.added.join(', ')}`
        : `${file} had your signatures already`;
    console.emit({
      lines: bundleLines(headline, signed.plan),
      data: { bundle: file, added: signed.added, ...bundleJson(signed.plan, false) },
    });
    console.info(nextStep(text, signed.plan));
  });
}
