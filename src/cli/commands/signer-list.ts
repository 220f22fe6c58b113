// `dct signer list`: who may sign releases, with which keys, and what they have signed.
import { canonicalKeyId, roleNames, type TrustedRepository } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { repository } from '../images.ts';
import { compareText } from '../natural-order.ts';
import { table } from '../table.ts';
import { trustData } from '../trust-data.ts';

/** @throws the errors of `trustData` */
export async function signerList(context: Context, text: string): Promise<void> {
  const { gun } = repository(text, 'signer list');
  const signers = signersOf(await trustData(context, gun));
  if (signers.length === 0) context.console.info(`${gun} has no signers; its owner signs`);
  const rows = signers.map(({ name, keys, tags, problem }) => [
    name,
    problem === null ? String(tags) : 'unusable',
    keys.join(', ') || '-',
  ]);
  const lines = rows.length === 0 ? [] : table([['SIGNER', 'TAGS', 'KEYS'], ...rows]);
  context.console.emit({ lines, data: { gun, signers } });
}

function signersOf({ targets, delegations, unusable }: TrustedRepository) {
  return targets.data.delegations
    .filter(({ name }) => name !== roleNames.releases)
    .map(({ name, keyIds, threshold }) => {
      const keys = keyIds.map((id) => {
        const key = targets.data.delegationKeys.get(id);
        return (key && canonicalKeyId(key)) ?? id;
      });
      const tags = delegations.get(name)?.data.targets.size ?? 0;
      const problem = unusable.get(name)?.message ?? null;
      return { name: name.slice('targets/'.length), keys, threshold, tags, problem };
    })
    .sort((a, b) => compareText(a.name, b.name));
}
