// `dct list`: every tag that counts, and what it stands for.
import { listReleased } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { repository } from '../images.ts';
import { naturalOrder } from '../natural-order.ts';
import { table } from '../table.ts';
import { trustData } from '../trust-data.ts';

/** @throws the errors of `trustData` */
export async function list(context: Context, text: string): Promise<void> {
  const { gun } = repository(text, 'list');
  const released = listReleased(await trustData(context, gun));
  const tags = [...released]
    .sort((a, b) => naturalOrder(a.name, b.name))
    .map(({ name, digest, length, role }) => ({ tag: name, digest, size: length, role }));
  const rows = tags.map(({ tag, digest, size, role }) => [tag, digest, String(size), role]);
  if (rows.length === 0) context.console.info(`nothing is signed in ${gun}`);
  const lines = rows.length === 0 ? [] : table([['TAG', 'DIGEST', 'SIZE', 'ROLE'], ...rows]);
  context.console.emit({ lines, data: { gun, tags } });
}
