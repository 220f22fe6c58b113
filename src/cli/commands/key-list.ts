// `dct key list`: which private keys are in the trust directory, and which keys of its repositories are elsewhere.
import { dirname } from 'node:path';
import type { StoredKey } from '../../keystore/index.ts';
import { compareText } from '../natural-order.ts';
import type { Context } from '../context.ts';
import { table } from '../table.ts';

interface Row {
  readonly role: string;
  readonly gun: string | null;
  readonly keyId: string;
  readonly encrypted?: boolean;
  /** Absolute path; null for a key whose private half is not here. */
  readonly file: string | null;
}

/**
 * Files that are no usable key are named as warnings: they do not keep the others from being used. With `all`, also keys
 * that cached trust data names and whose private half is not here.
 * @throws DISK, DISK_UNSAFE
 */
export async function keyList(context: Context, { all = false }: { readonly all?: boolean }): Promise<void> {
  const { services, console } = context;
  const store = await services.keyStore();
  const { keys: stored, unreadable } = await store.survey();
  for (const { message } of unreadable) console.warn(message);
  const keys = sorted(stored.map(({ gun, ...key }) => ({ ...key, gun: gun ?? null })));
  const elsewhere = all ? sorted(await publicOnly(context, stored)) : [];
  const rows = [...keys, ...elsewhere];
  if (rows.length === 0) console.info('there are no private keys in the trust directory');
  const problems = unreadable.map(({ code, message, facts }) => ({ code, message, facts }));
  const data = { keys, ...(all && { publicOnly: elsewhere }), unreadable: problems };
  console.emit({ lines: rows.length === 0 ? [] : table([head, ...rows.map(cells)]), data });
}

const head = ['ROLE', 'KEY ID', 'ENCRYPTED', 'REPOSITORY', 'LOCATION'];

function cells({ role, keyId, encrypted, gun, file }: Row): string[] {
  const secret = encrypted === undefined ? '-' : encrypted ? 'yes' : 'NO';
  const location = file === null ? 'public half only' : dirname(file);
  return [role === '' ? '-' : role, keyId, secret, gun ?? '-', location];
}

function sorted<R extends Row>(rows: readonly R[]): R[] {
  const order = (a: R, b: R): number =>
    compareText(a.role, b.role) || compareText(a.gun ?? '', b.gun ?? '') || compareText(a.keyId, b.keyId);
  return [...rows].sort(order);
}

async function publicOnly({ services }: Context, stored: readonly StoredKey[]): Promise<readonly Row[]> {
  const here = new Set(stored.map(({ keyId }) => keyId));
  const mentions = await (await services.keyKeeper()).mentions();
  return [...mentions].flatMap(([keyId, roles]) =>
    here.has(keyId) ? [] : roles.map(({ role, gun }) => ({ role, gun, keyId, file: null })),
  );
}
