// `dct key restore`: all keys of a backup, or none.
import type { Context } from '../context.ts';
import { keySources, storeAndTell } from '../key-sources.ts';

export interface KeyRestoreOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** @throws BACKUP_INCOMPLETE and the errors of `dct key import` */
export async function keyRestore(
  context: Context,
  file: string,
  { force = false, dryRun = false }: KeyRestoreOptions,
): Promise<void> {
  const keeper = await context.services.keyKeeper();
  const sources = await keySources(context, [file]);
  const options = { defaultRole: 'delegation', force, wholeBackups: true };
  await storeAndTell(context, await keeper.prepareImport(sources, options), dryRun);
}
