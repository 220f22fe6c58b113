// `--workers`: how many threads hash what comes from registries, beside the one that reads and sends it (ADR 0025).
import { availableParallelism } from 'node:os';
import { wholeNumber } from './listen.ts';

/** More hash faster than one thread can read and send. */
const mostByDefault = 4;
const most = 64;

/**
 * Without the option: one processor is busy with reading and sending, another one with whatever else runs there; each
 * beyond these gets a thread.
 * @throws USAGE
 */
export function workerCount(option: string | undefined, processors = availableParallelism()): number {
  if (option === undefined) return Math.min(Math.max(processors - 2, 0), mostByDefault);
  return option === '0' ? 0 : wholeNumber('--workers', option, most);
}
