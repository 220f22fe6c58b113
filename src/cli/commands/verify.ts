// `dct verify`: checks everything that can be checked, and says what holds.
import { findReleased, listReleased } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { deepCheck, type DeepReport } from '../deep-check.ts';
import { image } from '../images.ts';
import { trustData } from '../trust-data.ts';
import { verdict } from '../verdict.ts';

/**
 * Verifies the trust data of a repository and, when a tag is named, that it is signed.
 * @throws NOT_SIGNED, TARGET_UNUSABLE, USAGE, and the errors of `trustData` and `deepCheck`
 */
export async function verify(
  context: Context,
  text: string,
  { deep = false }: { readonly deep?: boolean },
): Promise<void> {
  const { gun, tag, registry, repository } = image(text, 'verify');
  const trusted = await trustData(context, gun);
  const targets = tag === undefined ? listReleased(trusted) : [findReleased(trusted, tag)];
  const reports: DeepReport[] = [];
  if (deep) {
    const client = await context.services.registry(registry);
    const onProgress = (line: string): void => context.console.progress(line);
    const options = { signal: context.interruption.signal, onProgress };
    for (const target of targets) reports.push(await deepCheck(client, repository, target, options));
  }
  const failures = reports.flatMap((report) => report.failures);
  for (const failure of failures) context.console.fail(failure);
  // Whoever looks at stdout alone would read a verdict with failures as a good one.
  if (failures.length === 0)
    context.console.emit(await verdict(trusted, targets, deep ? reports : undefined));
}
