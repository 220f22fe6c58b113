// Many clients at once: what the memory of the server grows by at most.
import type { Contender } from './contenders.ts';
import { download } from './download.ts';
import { usageOf } from './usage.ts';

export interface Crowd {
  readonly name: string;
  readonly seconds: number;
  /** Peak resident memory above that before, in bytes. */
  readonly memoryGrowth: number;
}

/** All `paths` at once, each over a connection of its own. */
export async function measureCrowd(
  what: string,
  { host, pid, forget }: Contender,
  paths: readonly string[],
): Promise<Crowd> {
  await forget();
  const { resident } = await usageOf(pid);
  let peak = resident;
  const watch = setInterval(() => void usageOf(pid).then((now) => (peak = Math.max(peak, now.resident))), 50);
  const started = performance.now();
  try {
    await Promise.all(paths.map((path) => download(host, path, 64 * 1024)));
  } finally {
    clearInterval(watch);
  }
  return { name: what, seconds: (performance.now() - started) / 1000, memoryGrowth: peak - resident };
}
