// `--policy FILE`: the policy of a proxy, looked at again whenever its file may have changed.
import { resolve } from 'node:path';
import type { Meters } from '../base/meters.ts';
import { PolicyFile } from '../proxy/index.ts';
import type { Context } from './context.ts';
import { watchFile } from './file-changes.ts';

/**
 * The policy in the file now, and from then on: after a change, on SIGHUP, and every few seconds where changes are not told.
 * @throws POLICY_INVALID, DISK
 */
export async function openPolicy(
  { io, console }: Pick<Context, 'io' | 'console'>,
  file: string,
  meters?: Meters,
): Promise<PolicyFile> {
  const path = resolve(io.workingDirectory, file);
  const read = (name: string): Promise<Uint8Array | undefined> => io.files.read(name);
  const policy = await PolicyFile.open({
    file: path,
    read,
    notices: console,
    ...(meters !== undefined && { meters }),
  });
  const check = (): void => void policy.check();
  policy.onClose(watchFile(path, console, check));
  io.onHangup(check);
  return policy;
}
