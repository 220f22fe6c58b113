// `dct signer remove`: really takes a signer's keys away, and says which tags that costs.
import { checkSignerName } from '../../base/role-name.ts';
import type { Context } from '../context.ts';
import { makeChanges, whenTagsAreLost, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';

export interface SignerRemoveOptions extends ChangeOptions {
  readonly resign?: boolean;
}

/** @throws DECLINED; USAGE for a name that is no signer's; the errors of `makeChanges` */
export async function signerRemove(
  context: Context,
  name: string,
  texts: readonly string[],
  options: SignerRemoveOptions,
): Promise<void> {
  checkSignerName(name);
  const change = { kind: 'remove-signer', name, resign: options.resign === true } as const;
  const requests = texts.map((text) => ({ gun: repository(text, 'signer remove').gun, change }));
  const words = {
    done: `removed signer ${name} from`,
    would: `would remove signer ${name} from`,
    idle: `${name} is no signer of`,
  };
  await makeChanges(context, requests, words, options, (plans) => {
    const question = whenTagsAreLost(plans);
    return question && `${question} (--resign keeps them, vouched for by the keys that stay)`;
  });
}
