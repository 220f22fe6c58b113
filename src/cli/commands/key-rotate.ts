// `dct key rotate`: another key for one of the four base roles. The old private key stays where it is.
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';
import { rotationKey } from '../rotation-key.ts';

export interface KeyRotateOptions extends ChangeOptions {
  readonly serverManaged?: boolean;
  readonly clientManaged?: boolean;
  readonly key?: string;
  /** More repositories. */
  readonly also?: readonly string[];
}

const roles = ['root', 'targets', 'snapshot', 'timestamp'] as const;

/**
 * Asks before a root key is replaced. A new root key is one for all of the repositories, as everywhere else.
 * @throws USAGE, DECLINED, and the errors of `rotationKey` and `makeChanges`
 */
export async function keyRotate(
  context: Context,
  text: string,
  roleText: string,
  options: KeyRotateOptions,
): Promise<void> {
  const guns = [
    ...new Set([text, ...(options.also ?? [])].map((name) => repository(name, 'key rotate').gun)),
  ];
  const role = roles.find((name) => name === roleText);
  if (role === undefined)
    throw new DctError('USAGE', {
      problem: `"${roleText}" is not a role whose key is rotated like this`,
      hint: `Name one of ${roles.join(', ')}. Keys of delegations: dct delegation add, then dct delegation remove IMAGE ROLE KEY-ID.`,
    });
  if (options.serverManaged === true && options.clientManaged === true)
    throw new DctError('USAGE', { problem: '--server-managed and --client-managed exclude each other' });
  const management =
    options.serverManaged === true ? 'server' : options.clientManaged === true ? 'client' : undefined;
  if (options.key !== undefined && role !== 'root' && guns.length > 1)
    throw new DctError('USAGE', {
      problem: `every repository has a ${role} key of its own`,
      hint: 'Leave --key away, or rotate each repository with a command of its own.',
    });
  const { dryRun = false } = options;
  const key =
    options.key === undefined
      ? undefined
      : await rotationKey(context, options.key, { role, gun: guns[0] as Gun, dryRun });
  const words = {
    done: `rotated the ${role} key of`,
    would: `would rotate the ${role} key of`,
    idle: `the ${role} key of`,
  };
  await makeChanges(
    context,
    guns.map((gun) => ({ gun, change: { kind: 'rotate-key', role, management, key } })),
    words,
    options,
    (plans) =>
      role === 'root' ? `Replace the root key of ${plans.map(({ gun }) => gun).join(', ')}?` : undefined,
  );
}
