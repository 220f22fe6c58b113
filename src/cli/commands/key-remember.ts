// `dct key remember` and `dct key forget`: passphrases in the keychain of the operating system.
import { DctError, isDctError } from '../../base/errors.ts';
import type { KeyKeeper, StoredKey } from '../../keystore/index.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';

export interface KeyChoice {
  readonly all?: boolean;
}

/** Only a passphrase that opens its key is kept. @throws USAGE, KEYCHAIN, KEY_UNKNOWN, and the errors of unlocking */
export async function keyRemember(
  context: Context,
  ids: readonly string[],
  choice: KeyChoice,
): Promise<void> {
  // What the keychain holds now may be an old one.
  const keeper = await context.services.keyKeeper({ keychain: false });
  const keys = await chosen(context, keeper, ids, choice, 'remember');
  await forEach(context, keys, 'remembered', async ({ keyId }) => {
    await keeper.remember(keyId);
    return true;
  });
}

/** @throws USAGE, KEYCHAIN, KEY_UNKNOWN */
export async function keyForget(context: Context, ids: readonly string[], choice: KeyChoice): Promise<void> {
  const keeper = await context.services.keyKeeper();
  const keys = await chosen(context, keeper, ids, choice, 'forget');
  await forEach(context, keys, 'forgotten', ({ keyId }) => keeper.forget(keyId));
}

async function chosen(
  { services }: Context,
  keeper: KeyKeeper,
  ids: readonly string[],
  { all = false }: KeyChoice,
  command: string,
): Promise<readonly StoredKey[]> {
  if (ids.length > 0 === all)
    throw new DctError('USAGE', {
      problem: 'name the keys, or say --all',
      hint: `For example: dct key ${command} --all`,
    });
  if (all) return (await (await services.keyStore()).list()).filter(({ encrypted }) => encrypted);
  const keys: StoredKey[] = [];
  for (const id of ids) keys.push(await keeper.find(id));
  return keys;
}

/** One key's passphrase may be unknown where another's is not. Without a keychain there is no use in going on. */
async function forEach(
  { console }: Context,
  keys: readonly StoredKey[],
  done: 'remembered' | 'forgotten',
  work: (key: StoredKey) => Promise<boolean>,
): Promise<void> {
  const named: StoredKey[] = [];
  for (const key of keys) {
    try {
      if (await work(key)) named.push(key);
      else console.info(`nothing was kept for ${nameOf(key)}`);
    } catch (error) {
      if (!isDctError(error) || error.family !== 'key' || error.code === 'KEYCHAIN') throw error;
      console.fail(error);
    }
  }
  const lines = named.map((key) => `${done}: passphrase of ${nameOf(key)}`);
  console.emit({ lines, data: { [done]: named.map(({ keyId }) => keyId) } });
}
