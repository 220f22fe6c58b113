// The file of a bundle: never overwritten but by whoever adds signatures to it, and never half written.
import { basename, dirname, resolve } from 'node:path';
import { equalBytes } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import { openDirectory } from '../disk/files.ts';
import { withLock } from '../disk/lock.ts';
import type { Io } from './io.ts';

export interface BundlePath {
  readonly file: string;
  /** Mode 0600. @throws KEY_EXISTS when the name is taken, DISK, DISK_UNSAFE */
  create(bytes: Uint8Array): Promise<void>;
  /** @throws KEY_CHANGED when it does not hold `before` any more, DISK, DISK_UNSAFE, LOCKED */
  replace(before: Uint8Array, bytes: Uint8Array): Promise<void>;
}

export function bundlePath({ workingDirectory }: Pick<Io, 'workingDirectory'>, text: string): BundlePath {
  const file = resolve(workingDirectory, text);
  const name = basename(file);
  const files = openDirectory(dirname(file));
  return {
    file,
    create: (bytes) => files.create(name, bytes),
    replace: (before, bytes) =>
      withLock(`${file}.lock`, async () => {
        const now = await files.read(name);
        if (now === undefined || !equalBytes(now, before)) throw new DctError('KEY_CHANGED', { file });
        await files.write(name, bytes);
      }),
  };
}

/** @throws USAGE when there is none; DISK */
export async function readBundleFile({ files, workingDirectory }: Io, text: string): Promise<Uint8Array> {
  const bytes = await files.read(resolve(workingDirectory, text));
  if (bytes !== undefined) return bytes;
  throw new DctError('USAGE', {
    problem: `there is no bundle ${text}`,
    hint: 'Begin one with: dct sign --offline-bundle FILE IMAGE:TAG',
  });
}
