// `dct inspect --raw ROLE`: the metadata of one role, byte by byte as it was signed, after all of it was verified.
import { DctError } from '../../base/errors.ts';
import type { TrustedRepository } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import type { FreshnessOptions } from '../freshness.ts';
import { repository } from '../images.ts';
import { trustData } from '../trust-data.ts';

/** @throws USAGE, and the errors of `trustData` */
export async function inspectRaw(
  context: Context,
  texts: readonly string[],
  role: string,
  options: FreshnessOptions,
): Promise<void> {
  const [text = '', ...others] = texts;
  if (others.length > 0)
    throw new DctError('USAGE', {
      problem: '--raw prints one document, and several images are named',
      hint: 'Name one of them.',
    });
  const { gun } = repository(text, 'inspect --raw');
  const trusted = await trustData(context, gun, options);
  const documents = documentsOf(trusted);
  const document = documents.get(role);
  if (document === undefined) throw missing(trusted, role, [...documents.keys()]);
  // Verified metadata is JSON, and therefore UTF-8 without loss.
  context.console.emitDocument(new TextDecoder('utf-8', { ignoreBOM: true }).decode(document.bytes));
}

function documentsOf(trusted: TrustedRepository): ReadonlyMap<string, { readonly bytes: Uint8Array }> {
  const { root, timestamp, snapshot, targets, delegations } = trusted;
  return new Map<string, { readonly bytes: Uint8Array }>([
    ...Object.entries({ root, timestamp, snapshot, targets }),
    ...delegations,
  ]);
}

/** A role that cannot be used says why; what it published is not shown as if it were verified. */
function missing({ gun, unusable }: TrustedRepository, role: string, known: readonly string[]): Error {
  const problem = [...unusable].find(([name]) => name === role)?.[1];
  return (
    problem ??
    new DctError('USAGE', {
      problem: `${gun} has no metadata of a role "${role}"`,
      hint: `It has ${known.join(', ')}.`,
    })
  );
}
