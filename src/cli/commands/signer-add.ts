// `dct signer add`: lets somebody sign releases, from their public key.
import { checkSignerName } from '../../base/role-name.ts';
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';
import { rootChoice, type RootOptions } from '../root-choice.ts';
import { publicKeys } from '../public-keys.ts';

export interface SignerAddOptions extends ChangeOptions, RootOptions {
  readonly key: readonly string[];
  readonly replace?: boolean;
}

/** What is written wrongly is told before a key is read. A repository without trust data is created, as Docker does it. @throws KEY_REFUSED, USAGE and the errors of `makeChanges` */
export async function signerAdd(
  context: Context,
  name: string,
  texts: readonly string[],
  options: SignerAddOptions,
): Promise<void> {
  checkSignerName(name);
  const guns = texts.map((text) => repository(text, 'signer add').gun);
  const keys = await publicKeys(context, options.key);
  const root = await rootChoice(context, options);
  const change = { kind: 'add-signer', name, keys, replace: options.replace, root } as const;
  const requests = guns.map((gun) => ({ gun, change }));
  const words = {
    done: `added signer ${name} to`,
    would: `would add signer ${name} to`,
    idle: `${name} is a signer of`,
  };
  await makeChanges(context, requests, words, options);
}
