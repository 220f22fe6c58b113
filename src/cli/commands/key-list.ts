// `dct key list`: which private keys are in the trust directory.
import { compareText } from '../natural-order.ts';
import type { Context } from '../context.ts';
import { table } from '../table.ts';

/** Files that are no usable key are named as warnings: they do not keep the others from being used. @throws DISK, DISK_UNSAFE */
export async function keyList({ services, console }: Context): Promise<void> {
  const store = await services.keyStore();
  const { keys: stored, unreadable } = await store.survey();
  for (const { message } of unreadable) console.warn(message);
  const keys = stored
    .map(({ role, gun, keyId, encrypted, file }) => ({ role, gun: gun ?? null, keyId, encrypted, file }))
    .sort(
      (a, b) =>
        compareText(a.role, b.role) || compareText(a.gun ?? '', b.gun ?? '') || compareText(a.keyId, b.keyId),
    );
  if (keys.length === 0) console.info('there are no private keys in the trust directory');
  const rows = keys.map(({ role, gun, keyId, encrypted }) => [
    role === '' ? '-' : role,
    keyId,
    encrypted ? 'yes' : 'NO',
    gun ?? '-',
  ]);
  const head = ['ROLE', 'KEY ID', 'ENCRYPTED', 'REPOSITORY'];
  const lines = rows.length === 0 ? [] : table([head, ...rows]);
  const problems = unreadable.map(({ code, message, facts }) => ({ code, message, facts }));
  console.emit({ lines, data: { keys, unreadable: problems } });
}
