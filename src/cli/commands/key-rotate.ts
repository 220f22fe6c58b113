// `dct key rotate`: another key for one of the four base roles. The old private key stays where it is.
import { DctError } from '../../base/errors.ts';
import { asKeyId, canonicalKeyId, type KeyId } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { makeChanges, type ChangeOptions } from '../change.ts';
import { repository } from '../images.ts';
import { publicKeys } from '../public-keys.ts';

export interface KeyRotateOptions extends ChangeOptions {
  readonly serverManaged?: boolean;
  readonly clientManaged?: boolean;
  readonly key?: string;
}

const roles = ['root', 'targets', 'snapshot', 'timestamp'] as const;

/** Asks before a root key is replaced. @throws USAGE, KEY_UNKNOWN, DECLINED, and the errors of `makeChanges` */
export async function keyRotate(
  context: Context,
  text: string,
  roleText: string,
  options: KeyRotateOptions,
): Promise<void> {
  const { gun } = repository(text, 'key rotate');
  const role = roles.find((name) => name === roleText);
  if (role === undefined)
    throw new DctError('USAGE', {
      problem: `"${roleText}" is not a role whose key is rotated like this`,
      hint: `Name one of ${roles.join(', ')}. Keys of delegations: dct delegation add, then dct delegation remove --key.`,
    });
  if (options.serverManaged === true && options.clientManaged === true)
    throw new DctError('USAGE', { problem: '--server-managed and --client-managed exclude each other' });
  const management =
    options.serverManaged === true ? 'server' : options.clientManaged === true ? 'client' : undefined;
  const key = options.key === undefined ? undefined : await keyNamed(context, options.key);
  const words = {
    done: `rotated the ${role} key of`,
    would: `would rotate the ${role} key of`,
    idle: `the ${role} key of`,
  };
  await makeChanges(
    context,
    [{ gun, change: { kind: 'rotate-key', role, management, key } }],
    words,
    options,
    () => (role === 'root' ? `Replace the root key of ${gun}?` : undefined),
  );
}

/** A key of the key store, by its id or by its public half. */
async function keyNamed(context: Context, text: string): Promise<KeyId> {
  const id = asKeyId(text) ?? (await idInFile(context, text));
  const [held] = await (await context.services.keyStore()).held([id]);
  if (held === undefined) throw new DctError('KEY_UNKNOWN', { keyId: id });
  return held;
}

async function idInFile(context: Context, file: string): Promise<KeyId> {
  const [key] = await publicKeys(context, [file]);
  const id = key && canonicalKeyId(key);
  if (id === undefined) throw new DctError('KEY_REFUSED', { what: file, problem: 'its key cannot be used' });
  return id;
}
