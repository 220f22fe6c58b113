// `dct revoke`: takes the signature of a tag back, or those of all tags.
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { image } from '../images.ts';

/** Asks before all tags go. @throws NOT_SIGNED, DECLINED, and the errors of `makeChanges` */
export async function revoke(context: Context, text: string, options: ChangeOptions): Promise<void> {
  const { gun, tag } = image(text, 'revoke');
  const change = { kind: 'revoke', tags: tag === undefined ? undefined : [tag] } as const;
  const what = tag ?? 'all tags';
  const words = { done: `revoked ${what} of`, would: `would revoke ${what} of`, idle: `${what} of` };
  await makeChanges(context, [{ gun, change }], words, options, (plans) => {
    const count = plans.reduce((sum, { lostTags }) => sum + lostTags.length, 0);
    return tag === undefined ? `Revoke everything that is signed in ${gun} (tags: ${count})?` : undefined;
  });
}
