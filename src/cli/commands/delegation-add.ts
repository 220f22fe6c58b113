// `dct delegation add`: declares a role that signs for another one, or gives it more keys and paths.
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { delegationName, pathPrefixes, type PathOptions } from '../delegations.ts';
import { repository } from '../images.ts';
import { wholeNumber } from '../listen.ts';
import { publicKeys } from '../public-keys.ts';

export interface DelegationAddOptions extends ChangeOptions, PathOptions {
  readonly threshold?: string;
  readonly replace?: boolean;
}

/** @throws KEY_REFUSED, USAGE and the errors of `makeChanges` */
export async function delegationAdd(
  context: Context,
  text: string,
  roleText: string,
  files: readonly string[],
  options: DelegationAddOptions,
): Promise<void> {
  const { gun } = repository(text, 'delegation add');
  const role = delegationName(roleText);
  const change = {
    kind: 'add-delegation',
    role,
    keys: await publicKeys(context, files),
    paths: pathPrefixes(options),
    threshold: options.threshold === undefined ? undefined : wholeNumber('--threshold', options.threshold),
    replace: options.replace === true,
  } as const;
  const words = {
    done: `changed ${role} in`,
    would: `would change ${role} in`,
    idle: `${role} is declared like that in`,
  };
  await makeChanges(context, [{ gun, change }], words, options);
}
