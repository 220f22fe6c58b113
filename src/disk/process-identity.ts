// Which process somebody is, beyond its number: numbers come again, and each container counts its own.
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from './failure.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and clock ticks at which it started (proc(5)); `-` where the system does not tell. */
  readonly birth: string;
  /** Host and pid namespace: only processes with the same place can look for each other. No line break. */
  readonly place: string;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const { pid } = process;
  return { pid, birth: await birthOf(pid), place: await placeOfThis() };
}

/** True only when it is certain that the process has ended. */
export async function isDead({ pid, birth, place }: ProcessIdentity): Promise<boolean> {
  if (place !== (await placeOfThis())) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    if (systemCode(error) === 'ESRCH') return true;
  }
  const current = await birthOf(pid);
  return birth !== unknown && current !== unknown && current !== birth;
}

const unknown = '-';

async function birthOf(pid: number): Promise<string> {
  const [boot, stat] = await Promise.all([
    told(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    told(readFile(`/proc/${pid}/stat`, 'utf8')),
  ]);
  // The second field is a program's name in parentheses and may hold anything; the 22nd is the start.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return boot === unknown || start === undefined ? unknown : `${boot.trim()}/${start}`;
}

async function placeOfThis(): Promise<string> {
  return `${hostname()} ${await told(readlink('/proc/self/ns/pid'))}`;
}

/** Not every system has /proc. */
async function told(answer: Promise<string>): Promise<string> {
  return answer.catch(() => unknown);
}
