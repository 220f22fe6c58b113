// `dct key import`: private keys from files, bundles and exports into the trust directory.
import type { Context } from '../context.ts';
import { keySources, storeAndTell } from '../key-sources.ts';

export interface KeyImportOptions {
  readonly role?: string;
  readonly gun?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Headers in the files win over the options, as for Notary, whose default role is `delegation`.
 * @throws KEY_FORMAT, KEY_REFUSED, KEY_CONFLICT, DISK, and the errors of unlocking
 */
export async function keyImport(
  context: Context,
  files: readonly string[],
  { role = 'delegation', gun, force = false, dryRun = false }: KeyImportOptions,
): Promise<void> {
  const keeper = await context.services.keyKeeper();
  const sources = await keySources(context, files);
  const owner = { defaultRole: role, ...(gun !== undefined && { gun }) };
  await storeAndTell(context, await keeper.prepareImport(sources, { ...owner, force }), dryRun);
}
