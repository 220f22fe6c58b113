// `dct key remove`: a key that nobody shall sign with here any more.
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';

/**
 * The file goes to an archive, where neither Docker nor Notary nor dct look for keys.
 * @throws KEY_UNKNOWN, KEY_AMBIGUOUS, DECLINED, DISK
 */
export async function keyRemove(
  { io, services, console, interruption }: Context,
  id: string,
  options: { readonly yes?: boolean },
): Promise<void> {
  const keeper = await services.keyKeeper();
  const key = await keeper.find(id);
  const dependents = (await keeper.mentions()).get(key.keyId) ?? [];
  for (const { gun, role } of dependents) console.warn(`it signs ${role} of ${gun}`);
  await confirm(io, `Remove the ${nameOf(key)}?`, options);
  const { archived } = await interruption.undisturbed(() => keeper.archive(key.keyId));
  console.info('to have it back: dct key import that file; to destroy it: delete that file');
  const { keyId, role, gun = null } = key;
  console.emit({
    lines: [`removed ${nameOf(key)}`, `archived: ${archived}`],
    data: { keyId, role, gun, archived },
  });
}
