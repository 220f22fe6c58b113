// `dct key list`: which private keys are in the trust directory.
import type { Context } from '../context.ts';
import { compareText } from '../natural-order.ts';
import { table } from '../table.ts';

/** @throws DISK, KEY_FORMAT */
export async function keyList({ services, console }: Context): Promise<void> {
  const stored = await (await services.keyStore()).list();
  const keys = [...stored]
    .sort(
      (a, b) =>
        compareText(a.role, b.role) || compareText(a.gun ?? '', b.gun ?? '') || compareText(a.keyId, b.keyId),
    )
    .map(({ role, gun, keyId, file }) => ({ role, gun: gun ?? null, keyId, file }));
  if (keys.length === 0) console.info('there are no private keys in the trust directory');
  const rows = keys.map(({ role, gun, keyId }) => [role, keyId, gun ?? '']);
  console.emit({
    lines: rows.length === 0 ? [] : table([['ROLE', 'KEY ID', 'REPOSITORY'], ...rows]),
    data: { keys },
  });
}
