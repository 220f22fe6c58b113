// `dct signer list`: who may sign releases, with which keys, and what they have signed.
import { parentOf, roleNames } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { delegationRows } from '../delegations.ts';
import { repository } from '../images.ts';
import { compareText } from '../natural-order.ts';
import { table } from '../table.ts';
import { trustData } from '../trust-data.ts';

/** @throws the errors of `trustData` */
export async function signerList(context: Context, text: string): Promise<void> {
  const { gun } = repository(text, 'signer list');
  const signers = delegationRows(await trustData(context, gun))
    .filter(({ role }) => parentOf(role) === roleNames.targets && role !== roleNames.releases)
    .map(({ role, ...row }) => ({ name: role.slice('targets/'.length), ...row }))
    .sort((a, b) => compareText(a.name, b.name));
  if (signers.length === 0) context.console.info(`${gun} has no signers; its owner signs`);
  const rows = signers.map(({ name, keys, tags, problem }) => [
    name,
    problem === null ? String(tags) : 'unusable',
    keys.join(', ') || '-',
  ]);
  const lines = rows.length === 0 ? [] : table([['SIGNER', 'TAGS', 'KEYS'], ...rows]);
  context.console.emit({ lines, data: { gun, signers } });
}
