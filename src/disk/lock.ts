// A lock between processes of one machine: a file that says who holds it, and that a dead holder cannot keep.
import { randomBytes } from 'node:crypto';
import { readFile, mkdir, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { utf8 } from '../base/bytes.ts';
import { createFile } from './atomic.ts';
import { diskError, systemCode } from './failure.ts';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs?: number;
}

/** Tokens of the locks that this very process holds. */
const held = new Set<string>();

const pollMs = 25;

/**
 * Runs `work` while holding the lock file at `path` (absolute; its directory is made when it is missing). Not re-entrant.
 * The lock of a process that died on this host is taken over.
 * @throws LOCKED when another holder keeps it for longer than `waitMs`, DISK
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const waitMs = options.waitMs ?? limits.lockWaitMs;
  const token = await acquire(path, waitMs).catch((error: unknown) => {
    throw diskError(error, 'lock', path);
  });
  try {
    return await work();
  } finally {
    await release(path, token);
  }
}

async function acquire(path: string, waitMs: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const deadline = performance.now() + waitMs;
  const token = randomBytes(16).toString('hex');
  held.add(token);
  try {
    while (!(await tryCreate(path, token))) {
      const owner = await readOwner(path);
      if (owner !== undefined && isDead(owner)) await breakLock(path, owner.token, deadline);
      else if (performance.now() >= deadline)
        throw new DctError('LOCKED', { file: path, seconds: Math.round(waitMs / 1000) });
      else await pause(pollMs);
    }
  } catch (error) {
    held.delete(token);
    throw error;
  }
  return token;
}

async function tryCreate(path: string, token: string): Promise<boolean> {
  try {
    await createFile(path, utf8(`${process.pid} ${token} ${hostname()}\n`));
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function release(path: string, token: string): Promise<void> {
  held.delete(token);
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw diskError(error, 'unlock', path);
  }
}

/**
 * Removes a dead process's lock. Two waiters must not both do so, or the second would remove the first one's new lock;
 * so the right to break the lock with this token is itself a lock, whose name no other lock ever has.
 */
async function breakLock(path: string, token: string, deadline: number): Promise<void> {
  const remainingMs = Math.max(0, deadline - performance.now());
  await withLock(
    `${path}.${token.slice(0, 16)}`,
    async () => {
      if ((await readOwner(path))?.token === token) await unlink(path);
    },
    { waitMs: remainingMs },
  );
}

interface Owner {
  readonly pid: number;
  readonly token: string;
  readonly host: string;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    // Released in the meantime.
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  });
  const fields = /^(\d{1,10}) ([0-9a-f]{32}) (.*)\n$/.exec(text);
  return fields === null
    ? undefined
    : { pid: Number(fields[1]), token: fields[2] as string, host: fields[3] as string };
}

/** Only this host's processes can be asked. Our own pid without our token is an earlier process's: pids come again. */
function isDead({ pid, token, host }: Owner): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !held.has(token);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}
