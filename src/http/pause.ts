// Waiting with the system's timers, ended early by whoever no longer waits.
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../base/limits.ts';
import type { Pause } from '../base/ports.ts';

export const systemPause: Pause = (milliseconds, signal) =>
  delay(milliseconds, undefined, { ...(signal && { signal }) }).catch(() => undefined);

/**
 * How long to wait before trying again, in milliseconds: twice as long each time, within a bound, and for each client another
 * part of that, so that those whom one failure hit do not come back at one moment.
 * @param failures so many in a row; at least one
 */
export function backOff(failures: number, random: number = Math.random()): number {
  const whole = Math.min(limits.firstPauseMs * 2 ** (failures - 1), limits.longestPauseMs);
  return Math.round((whole / 2) * (1 + random));
}
