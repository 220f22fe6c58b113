// `dct delegation purge`: takes keys out of every delegation, such as keys that somebody has lost.
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { keyIds } from '../delegations.ts';
import { repository } from '../images.ts';

export interface DelegationPurgeOptions extends ChangeOptions {
  readonly key: readonly string[];
}

/** @throws DECLINED; USAGE for keys that no delegation lists; the errors of `makeChanges` */
export async function delegationPurge(
  context: Context,
  text: string,
  options: DelegationPurgeOptions,
): Promise<void> {
  const { gun } = repository(text, 'delegation purge');
  const keys = keyIds(options.key);
  const words = { done: 'took keys out of', would: 'would take keys out of', idle: 'keys of' };
  const question = `Take ${keys.join(', ')} out of every delegation of ${gun}?`;
  await makeChanges(context, [{ gun, change: { kind: 'purge-keys', keys } }], words, options, () => question);
}
