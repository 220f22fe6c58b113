// `dct delegation remove`: takes a delegation away, or some of its keys and paths.
import type { Context } from '../context.ts';
import { makeChanges, whenTagsAreLost, type ChangeOptions } from '../change.ts';
import { delegationName, keyIds, pathPrefixes, type PathOptions } from '../delegations.ts';
import { repository } from '../images.ts';

export type DelegationRemoveOptions = ChangeOptions & PathOptions;

/** Asks before a whole delegation goes. @throws DECLINED, USAGE and the errors of `makeChanges` */
export async function delegationRemove(
  context: Context,
  text: string,
  roleText: string,
  ids: readonly string[],
  options: DelegationRemoveOptions,
): Promise<void> {
  const { gun } = repository(text, 'delegation remove');
  const role = delegationName(roleText);
  const [keys, paths] = [keyIds(ids), pathPrefixes(options)];
  const isWhole = keys.length === 0 && paths.length === 0;
  const change = { kind: 'remove-delegation', role, keys, paths } as const;
  const what = isWhole ? role : `keys or paths of ${role}`;
  const words = { done: `removed ${what} from`, would: `would remove ${what} from`, idle: `${role} in` };
  await makeChanges(
    context,
    [{ gun, change }],
    words,
    options,
    (plans) =>
      whenTagsAreLost(plans) ??
      (isWhole ? `Remove ${role} from ${gun}, with all that is below it?` : undefined),
  );
}
