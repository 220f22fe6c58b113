// `dct list`: every tag that counts, or every tag of one role, and what it stands for.
import { parseDigest } from '../../base/digest.ts';
import { listReleased } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import type { FreshnessOptions } from '../freshness.ts';
import { repository } from '../images.ts';
import { tagsOfRole } from '../roles.ts';
import { inOrder, tagDetails, tagJson, tagTable } from '../signed-tags.ts';
import { trustData } from '../trust-data.ts';

export interface ListOptions extends FreshnessOptions {
  /** What these roles have signed themselves, whether it was released or not. */
  readonly role?: readonly string[];
  /** Tags of this content only. */
  readonly digest?: string;
  readonly details?: boolean;
}

/** @throws DIGEST_INVALID, the errors of `tagsOfRole` and `trustData` */
export async function list(context: Context, text: string, options: ListOptions): Promise<void> {
  const { gun } = repository(text, 'list');
  const digest = options.digest === undefined ? undefined : parseDigest(options.digest);
  const trusted = await trustData(context, gun, options);
  const signed = options.role?.flatMap((role) => tagsOfRole(trusted, role)) ?? listReleased(trusted);
  const wanted = signed.filter(({ digests }) => digest === undefined || digests.includes(digest));
  const targets = inOrder(wanted);
  if (targets.length === 0) context.console.info(nothing(gun, options));
  const table = options.details === true ? tagDetails : tagTable;
  const lines = targets.length === 0 ? [] : table(targets);
  context.console.emit({ lines, data: { gun, tags: targets.map(tagJson) } });
}

function nothing(gun: string, { role = [], digest }: ListOptions): string {
  const what = digest === undefined ? 'nothing' : `no tag of ${digest}`;
  return `${what} is signed in ${gun}${role.length === 0 ? '' : ` by ${role.join(', ')}`}`;
}
