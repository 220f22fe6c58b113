// `dct key load`: a private key from elsewhere becomes a signer's key.
import { DctError } from '../../base/errors.ts';
import { signerRole } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { keySources, storeAndTell } from '../key-sources.ts';

export interface KeyLoadOptions {
  readonly name?: string;
  readonly force?: boolean;
}

/**
 * A name that is given wins over the one in the file; without either it is Docker's `signer`.
 * @throws USAGE, KEY_FORMAT, KEY_REFUSED, KEY_CONFLICT, DISK, and the errors of unlocking
 */
export async function keyLoad(context: Context, file: string, options: KeyLoadOptions): Promise<void> {
  const { name, force = false } = options;
  if (name !== undefined && signerRole(name) === undefined)
    throw new DctError('USAGE', {
      problem: `"${name}" cannot be the name of a signer`,
      hint: 'Use lower-case letters, digits, - and _; "releases" is taken.',
    });
  const keeper = await context.services.keyKeeper();
  const prepared = await keeper.prepareImport(await keySources(context, [file]), {
    defaultRole: 'signer',
    ...(name !== undefined && { signer: name }),
    force,
  });
  await storeAndTell(context, prepared, false);
}
