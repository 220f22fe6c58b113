// A lock between processes of one machine: a file that says who holds it, and that a dead holder cannot keep.
import { randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { utf8 } from '../base/bytes.ts';
import { createFile } from './atomic.ts';
import { diskError, systemCode } from './failure.ts';
import { makeRoot } from './path.ts';
import { isDead, thisProcess, type ProcessIdentity } from './process-identity.ts';
import { readRegular } from './read.ts';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs?: number;
}

const pollMs = 25;

/**
 * Runs `work` while holding the lock file at `path` (absolute; its directory is made when it is missing). Not re-entrant.
 * The lock of a process that died on this host is taken over; whether one of another host or container lives, nobody
 * here can tell.
 * @throws LOCKED when another holder keeps it for longer than `waitMs`, DISK, DISK_UNSAFE
 */
export function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  return holding({ path, wanted: path }, work, options.waitMs ?? limits.lockWaitMs);
}

interface Lock {
  readonly path: string;
  /** What all this is for: `path` itself, or the lock that cannot be had before a dead one is broken. */
  readonly wanted: string;
}

async function holding<T>(lock: Lock, work: () => Promise<T>, waitMs: number): Promise<T> {
  const { path } = lock;
  const token = await acquire(lock, waitMs).catch((error: unknown) => {
    throw diskError(error, 'lock', path);
  });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Why the work failed matters more than that its lock could not be removed; once we have ended, it is a dead one.
    await release(path, token).catch(() => undefined);
    throw error;
  }
  await release(path, token);
  return result;
}

async function acquire(lock: Lock, waitMs: number): Promise<string> {
  const { path } = lock;
  await makeRoot(dirname(path));
  const deadline = performance.now() + waitMs;
  const owner: Owner = { token: randomBytes(16).toString('hex'), ...(await thisProcess()) };
  while (!(await tryCreate(path, owner))) {
    const other = await readOwner(path);
    if (other !== undefined && (await isDead(other))) await breakLock(lock, other.token, deadline);
    else if (performance.now() >= deadline)
      throw new DctError('LOCKED', { file: path, seconds: Math.round(waitMs / 1000) });
    else await pause(pollMs);
  }
  return owner.token;
}

async function tryCreate(path: string, { pid, token, birth, place }: Owner): Promise<boolean> {
  try {
    await createFile(path, utf8(`${pid} ${token} ${birth} ${place}\n`));
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Only our own: somebody may have removed the file by hand, and somebody else locked since. */
async function release(path: string, token: string): Promise<void> {
  try {
    if ((await readOwner(path))?.token === token) await unlink(path);
  } catch (error) {
    throw diskError(error, 'unlock', path);
  }
}

/**
 * Removes a dead process's lock. Two waiters must not both do so, or the second would remove the first one's new lock;
 * so the right to break the lock with this token is itself a lock, whose name no other lock ever has. Whoever dies while
 * holding it leaves a lock to be broken in the same way; names do not grow with that, or one day they would be too long.
 */
async function breakLock({ path, wanted }: Lock, token: string, deadline: number): Promise<void> {
  const waitMs = Math.max(0, deadline - performance.now());
  const work = async (): Promise<void> => {
    if ((await readOwner(path))?.token === token) await unlink(path);
  };
  await holding({ path: `${wanted}.${token.slice(0, 16)}`, wanted }, work, waitMs);
}

interface Owner extends ProcessIdentity {
  /** Of one acquisition, 32 hexadecimal digits. */
  readonly token: string;
}

/** Undefined when the lock was released in the meantime, or was not written by us. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const bytes = await readRegular(path);
  const fields = /^(\d{1,10}) ([0-9a-f]{32}) (\S+) (.+)\n$/.exec(Buffer.from(bytes ?? []).toString());
  if (fields === null) return undefined;
  const [, pid, token, birth, place] = fields as unknown as [string, string, string, string, string];
  return { pid: Number(pid), token, birth, place };
}
