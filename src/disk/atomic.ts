// Files that appear whole or not at all: temporary file, fsync, rename or link, fsync of the directory (KS-07).
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from './failure.ts';

/** The steps of a write, one call each, so that tests can make any of them fail. */
export interface WriteCalls {
  /** Opens a file that must not exist yet. */
  openNew(path: string): Promise<FileHandle>;
  write(handle: FileHandle, bytes: Uint8Array): Promise<void>;
  sync(handle: FileHandle): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

export const systemCalls: WriteCalls = {
  openNew: (path) => openNew(path, O_WRONLY),
  write: (handle, bytes) => handle.writeFile(bytes),
  sync: (handle) => handle.sync(),
  rename,
  link,
  unlink,
  syncDirectory,
};

/** The same for files that are not for their owner only, whatever the umask says. */
export function withMode(calls: WriteCalls, mode: number): WriteCalls {
  return {
    ...calls,
    openNew: async (path) => {
      const handle = await calls.openNew(path);
      await handle.chmod(mode);
      return handle;
    },
  };
}

/** Opens a file that must not exist yet, mode 0600, for writing or (`O_RDWR`) for both. */
export async function openNew(path: string, access: number): Promise<FileHandle> {
  const handle = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | access, 0o600);
  try {
    // An umask such as 0277 takes the owner's own rights away.
    if (((await handle.stat()).mode & 0o600) !== 0o600) await handle.chmod(0o600);
    return handle;
  } catch (error) {
    await handle.close();
    await unlink(path);
    throw error;
  }
}

/** Replaces or creates a file. Until the rename the old content stands; after it the new one does. */
export async function replaceFile(path: string, bytes: Uint8Array, calls = systemCalls): Promise<void> {
  const temporary = await writeTemporary(dirname(path), bytes, calls);
  try {
    await calls.rename(temporary, path);
  } catch (error) {
    await discard(temporary, calls);
    throw error;
  }
  await calls.syncDirectory(dirname(path));
}

/** Creates a file; fails with the system's EEXIST when the name is taken. */
export async function createFile(path: string, bytes: Uint8Array, calls = systemCalls): Promise<void> {
  const temporary = await writeTemporary(dirname(path), bytes, calls);
  try {
    await giveNewName(temporary, path, calls);
  } finally {
    await discard(temporary, calls);
  }
  await calls.syncDirectory(dirname(path));
}

/** True for the name of a temporary file, which a killed process may leave behind. */
export function isTemporaryName(name: string): boolean {
  return /^\.dct-[0-9a-f]{16}\.tmp$/.test(name);
}

async function writeTemporary(directory: string, bytes: Uint8Array, calls: WriteCalls): Promise<string> {
  // Not derived from the final name, which may already be as long as a name can be.
  const path = join(directory, `.dct-${randomBytes(8).toString('hex')}.tmp`);
  const handle = await calls.openNew(path);
  try {
    try {
      await calls.write(handle, bytes);
      await calls.sync(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await discard(path, calls);
    throw error;
  }
  return path;
}

/** `link` refuses a taken name where `rename` would replace it. */
async function giveNewName(temporary: string, path: string, calls: WriteCalls): Promise<void> {
  try {
    await calls.link(temporary, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error))) throw error;
    // No hard links here (a FAT stick with the offline keys): reserve the name, then move onto the reservation.
    await (await calls.openNew(path)).close();
    try {
      await calls.rename(temporary, path);
    } catch (renameError) {
      await discard(path, calls);
      throw renameError;
    }
  }
}

/** Best effort: what failed before is what must be reported, and a leftover is never read nor listed. */
async function discard(path: string, calls: WriteCalls): Promise<void> {
  await calls.unlink(path).catch(() => undefined);
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a directory; they order names by themselves.
    if (systemCode(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
