// `dct delegation list`: every role that signs for another one, nested ones too.
import { describePaths } from '../change-report.ts';
import type { Context } from '../context.ts';
import { delegationRows } from '../delegations.ts';
import { repository } from '../images.ts';
import { table } from '../table.ts';
import { trustData } from '../trust-data.ts';

/** @throws the errors of `trustData` */
export async function delegationList(context: Context, text: string): Promise<void> {
  const { gun } = repository(text, 'delegation list');
  const delegations = delegationRows(await trustData(context, gun));
  if (delegations.length === 0) context.console.info(`${gun} has no delegations; its owner signs`);
  const rows = delegations.map(({ role, paths, threshold, tags, expires, keys, problem }) => [
    role,
    describePaths(paths),
    `${threshold} of ${keys.length}`,
    problem === null ? String(tags) : 'unusable',
    expires ?? '-',
    keys.join(', ') || '-',
  ]);
  const head = ['ROLE', 'PATHS', 'SIGNATURES', 'TAGS', 'EXPIRES', 'KEYS'];
  context.console.emit({
    lines: rows.length === 0 ? [] : table([head, ...rows]),
    data: { gun, delegations },
  });
}
