// `dct witness`: signs roles again as they are, because they end or because their signer was replaced.
import { DctError } from '../../base/errors.ts';
import { asRoleName, type RoleName } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';

/** Asks before content is taken over that did not verify. @throws DECLINED, USAGE and the errors of `makeChanges` */
export async function witness(
  context: Context,
  text: string,
  roleTexts: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const { gun } = repository(text, 'witness');
  const roles = roleTexts.map(roleToWitness);
  const names = roles.join(', ');
  const words = {
    done: `signed ${names} again in`,
    would: `would sign ${names} again in`,
    idle: `${names} in`,
  };
  await makeChanges(context, [{ gun, change: { kind: 'witness', roles } }], words, options, (plans) =>
    plans.some(({ remarks }) => remarks.length > 0) ? 'Vouch for everything that is listed here?' : undefined,
  );
}

function roleToWitness(text: string): RoleName {
  const role = asRoleName(text);
  if (role === 'root' || role === 'targets' || role?.includes('/') === true) return role;
  throw new DctError('USAGE', {
    problem: `"${text}" cannot be witnessed`,
    hint: 'Name root, targets, or a delegation such as targets/releases. The others are signed with every publication.',
  });
}
