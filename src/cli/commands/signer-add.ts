// `dct signer add`: lets somebody sign releases, from their public key.
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';
import { publicKeys } from '../public-keys.ts';

export interface SignerAddOptions extends ChangeOptions {
  readonly key: readonly string[];
  readonly replace?: boolean;
}

/** A repository without trust data is created, as Docker does it. @throws KEY_REFUSED, USAGE and the errors of `makeChanges` */
export async function signerAdd(
  context: Context,
  name: string,
  texts: readonly string[],
  options: SignerAddOptions,
): Promise<void> {
  const keys = await publicKeys(context, options.key);
  const change = { kind: 'add-signer', name, keys, replace: options.replace } as const;
  const requests = texts.map((text) => {
    return { gun: repository(text, 'signer add').gun, change };
  });
  const words = {
    done: `added signer ${name} to`,
    would: `would add signer ${name} to`,
    idle: `${name} is a signer of`,
  };
  await makeChanges(context, requests, words, options);
}
