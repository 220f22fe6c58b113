// Walks from a directory down to a file without ever following a symbolic link out of it (NM-07).
import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from './atomic.ts';
import { systemCode, unsafe } from './failure.ts';

/** The parts of a relative path. @throws DISK_UNSAFE when it could lead out of the directory */
export function partsOf(path: string, root: string): readonly string[] {
  const parts = path.split('/');
  const odd = (part: string): boolean => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part);
  if (parts.some(odd)) throw unsafe(join(root, path), 'its path could lead out of the directory');
  return parts;
}

/**
 * True when every directory on the way exists. The root itself may be a symbolic link: where the state lives is the
 * user's choice. Nothing below it may be one.
 * @throws DISK_UNSAFE
 */
export async function directoriesExist(root: string, parts: readonly string[]): Promise<boolean> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    if (!(await isDirectory(path))) return false;
  }
  return true;
}

/** Makes the missing directories on the way, durably. @throws DISK_UNSAFE */
export async function makeDirectories(root: string, parts: readonly string[], mode = 0o700): Promise<void> {
  await makeRoot(root, mode);
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    if (await isDirectory(path)) continue;
    await makeDirectory(path, mode);
    if (!(await isDirectory(path))) throw unsafe(path, 'it vanished while it was being made');
  }
}

/** @throws DISK_UNSAFE for a symbolic link or special file */
export async function isRegularFile(path: string): Promise<boolean> {
  const found = await statOrNone(path);
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw unsafe(path, 'it is a symbolic link');
  if (!found.isFile()) throw unsafe(path, 'it is not a regular file');
  return true;
}

/** Makes a directory and those above it, through symbolic links or not, durably. */
export async function makeRoot(root: string, mode = 0o700): Promise<void> {
  const exists = await stat(root).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
  if (exists) return;
  if (dirname(root) !== root) await makeRoot(dirname(root), mode);
  await makeDirectory(root, mode);
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process was faster; what it made is checked like anything else.
    if (systemCode(error) === 'EEXIST') return;
    throw error;
  }
  // An umask such as 0277 takes the owner's own rights away.
  await chmod(path, mode);
  await syncDirectory(dirname(path));
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await statOrNone(path);
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw unsafe(path, 'it is a symbolic link');
  if (!found.isDirectory()) throw unsafe(path, 'it is not a directory');
  return true;
}

async function statOrNone(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
