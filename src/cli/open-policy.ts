// `--policy FILE` and `--audit`: what a proxy asks for, looked at again whenever the file may have changed.
import { resolve } from 'node:path';
import type { Meters } from '../base/meters.ts';
import { PolicyFile, type ProxyOptions } from '../proxy/index.ts';
import type { Context } from './context.ts';
import { watchFile } from './file-changes.ts';

export interface PolicyFlags {
  readonly policy?: string;
  readonly audit?: boolean;
}

export interface OpenedPolicy {
  readonly options: Pick<ProxyOptions, 'policy' | 'audit'>;
  close(): void;
}

/**
 * The policy in the file now, and from then on: after a change, on SIGHUP, and every few seconds where changes are not told.
 * @throws POLICY_INVALID, DISK
 */
export async function openPolicy(
  { io, console }: Pick<Context, 'io' | 'console'>,
  { policy: file, audit = false }: PolicyFlags,
  meters: Meters,
): Promise<OpenedPolicy> {
  if (audit) console.warn('--audit: what trust and policy refuse is served, and written down');
  if (file === undefined) return { options: { audit }, close: () => undefined };
  const path = resolve(io.workingDirectory, file);
  const read = (name: string): Promise<Uint8Array | undefined> => io.files.read(name);
  const policy = await PolicyFile.open({ file: path, read, notices: console, meters });
  const check = (): void => void policy.check();
  const unwatch = watchFile(path, console, check);
  io.onHangup(check);
  return {
    options: { policy, audit },
    close: () => {
      unwatch();
      policy.close();
    },
  };
}
