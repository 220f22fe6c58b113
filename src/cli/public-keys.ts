// Public keys that are named on the command line.
import { resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { PublicKey } from '../tuf-client/index.ts';
import type { Context } from './context.ts';

/** @throws KEY_REFUSED, DISK */
export async function publicKeys(
  { io }: Pick<Context, 'io'>,
  files: readonly string[],
): Promise<readonly PublicKey[]> {
  const { readPublicKeyFile } = await import('../tuf-client/author/index.ts');
  const keys: PublicKey[] = [];
  for (const file of files) {
    const bytes = await io.files.read(resolve(io.workingDirectory, file));
    if (bytes === undefined)
      throw new DctError('KEY_REFUSED', { what: file, problem: 'there is no such file' });
    keys.push(readPublicKeyFile(file, bytes, io.clock.now()));
  }
  return keys;
}
