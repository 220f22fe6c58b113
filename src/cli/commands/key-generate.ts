// `dct key generate`: a new signer key, its public half ready to be handed to the owner of a repository.
import { resolve } from 'node:path';
import type { Context } from '../context.ts';

/** @throws USAGE, KEY_EXISTS, PASSPHRASE_MISSING, PASSPHRASE_TOO_SHORT, DISK */
export async function keyGenerate(
  { io, services, console }: Context,
  name: string,
  { dir = '.' }: { readonly dir?: string },
): Promise<void> {
  const keys = await services.keyStore();
  const { keyId, publicKeyFile } = await keys.generateNamed(name, resolve(io.workingDirectory, dir));
  console.emit({
    lines: [`created ${name} key ${keyId}`, `public key: ${publicKeyFile}`],
    data: { name, keyId, publicKeyFile },
  });
}
