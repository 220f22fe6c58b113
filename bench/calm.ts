// Waits until nobody works any more: what one contender does after its answer must not slow the next one's round.
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { usageOf } from './usage.ts';

/** In which nobody may have used the processor: the clock of /proc counts in tenths of that. */
const quietMs = 100;

/** Until what was written is on the disk, and the processes `pids` do nothing. */
export async function calm(pids: readonly number[]): Promise<void> {
  await promisify(execFile)('sync');
  for (let last = Number.NaN; ;) {
    const usages = await Promise.all(pids.map(usageOf));
    const used = usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    if (used === last) return;
    last = used;
    await pause(quietMs);
  }
}
