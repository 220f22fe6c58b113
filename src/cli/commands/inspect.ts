// `dct inspect`: tags, signers and keys, for scripts and eyes that know `docker trust inspect`.
import type { Gun } from '../../base/reference.ts';
import type { TrustedRepository } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { dockerInspection, type DockerInspection } from '../docker-inspection.ts';
import { prettyLines } from '../docker-pretty.ts';
import type { FreshnessOptions } from '../freshness.ts';
import { image } from '../images.ts';
import { remarksOn } from '../remarks.ts';
import { trustData } from '../trust-data.ts';

export interface InspectOptions extends FreshnessOptions {
  readonly pretty?: boolean;
}

/** Shows every argument that can be shown, and reports the others after that. */
export async function inspect(
  context: Context,
  texts: readonly string[],
  options: InspectOptions,
): Promise<void> {
  const references = texts.map((text) => image(text, 'inspect'));
  const inspections: DockerInspection[] = [];
  const errors: unknown[] = [];
  // Several tags of one repository are one question to the Notary server.
  const known = new Map<Gun, TrustedRepository>();
  for (const { text, gun, tag } of references) {
    try {
      const repository = known.get(gun) ?? (await trustData(context, gun, options));
      known.set(gun, repository);
      inspections.push(dockerInspection(text, repository, tag));
    } catch (error) {
      errors.push(error);
    }
  }
  const json = JSON.stringify(inspections, null, 4).split('\n');
  context.console.emit({
    lines: options.pretty === true ? inspections.flatMap(prettyLines) : json,
    data: inspections,
  });
  for (const [gun, repository] of known)
    for (const remark of remarksOn(repository)) context.console.warn(`${gun}: ${remark}`);
  for (const error of errors) context.console.fail(error);
}
