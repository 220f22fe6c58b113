// What a process and its children have used so far, from /proc (proc(5)).
import { readdir, readFile } from 'node:fs/promises';

export interface Usage {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** Resident memory now, in bytes. */
  readonly resident: number;
  /** The highest that it ever was. */
  readonly peak: number;
}

/** Linux counts processor time in hundredths of a second for every program (USER_HZ). */
const ticksPerSecond = 100;

/** Sums up the process `pid` and its direct children (the workers of nginx). */
export async function usageOf(pid: number): Promise<Usage> {
  const family = [pid, ...(await childrenOf(pid))];
  const usages = await Promise.all(family.map(usageOfOne));
  return usages.reduce((sum, usage) => ({
    cpuSeconds: sum.cpuSeconds + usage.cpuSeconds,
    resident: sum.resident + usage.resident,
    peak: sum.peak + usage.peak,
  }));
}

async function usageOfOne(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The command's name in parentheses may contain spaces; what follows begins with field 3, the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const kibibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1]);
  return {
    cpuSeconds: ticks / ticksPerSecond,
    resident: kibibytes('VmRSS') * 1024,
    peak: kibibytes('VmHWM') * 1024,
  };
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')),
  );
  return lists.join(' ').split(/\s+/u).filter(Boolean).map(Number);
}
