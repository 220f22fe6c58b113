// Signatures into a file instead of a publication: `--offline-bundle`, in every command that changes trust data.
import { DctError } from '../base/errors.ts';
import type { BundleRequest, PreparedBundle } from '../tuf-client/author/index.ts';
import { bundlePath } from './bundle-file.ts';
import { bundleJson, bundleLines, nextStep } from './bundle-report.ts';
import { changeJson, changeLines, detailLines } from './change-report.ts';
import { confirm, type Question } from './confirm.ts';
import type { Context } from './context.ts';

export interface CollectOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/**
 * Begins a bundle: one repository's change, signed with the keys that are here.
 * @throws USAGE for several repositories, KEY_EXISTS, DECLINED, and what `prepareBundle` throws
 */
export async function beginBundle(
  context: Context,
  text: string,
  requests: readonly BundleRequest[],
  { dryRun = false, yes = false }: CollectOptions,
  question: Question = () => undefined,
): Promise<void> {
  const { services, console, interruption, io } = context;
  const prepared = await services.prepareBundle(oneRepository(requests));
  const { plan } = prepared;
  if (dryRun || plan.documents.length === 0) {
    const words = {
      done: '',
      would: 'would collect signatures for',
      idle: 'everything that is asked for is in',
    };
    console.emit({
      lines: changeLines({ plan, dryRun: true }, words),
      data: { bundle: null, ...changeJson({ plan, dryRun }) },
    });
    return;
  }
  const asked = question([plan]);
  if (asked !== undefined) {
    if (!yes) for (const line of [plan.gun, ...detailLines(plan)]) console.info(line);
    await confirm(io, asked, { yes });
  }
  await interruption.undisturbed(() => collect(context, text, prepared));
}

/** @throws USAGE */
export function oneRepository<T>([first, ...others]: readonly T[]): T {
  if (first !== undefined && others.length === 0) return first;
  throw new DctError('USAGE', {
    problem: 'a bundle is about one repository',
    hint: 'Make a bundle of its own for each repository.',
  });
}

async function collect({ io, console }: Context, text: string, prepared: PreparedBundle): Promise<void> {
  const made = await prepared.collect();
  if (made === undefined) return;
  const path = bundlePath(io, text);
  await path.create(made.bytes);
  console.emit({
    lines: bundleLines(`wrote ${path.file} for ${made.plan.gun}`, made.plan),
    data: { bundle: path.file, ...bundleJson(made.plan, false) },
  });
  console.info(nextStep(text, made.plan));
}
