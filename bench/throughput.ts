// One large blob through each contender, in turns, so that a slow moment of the machine does not fall on one of them alone.
import type { Contender } from './contenders.ts';
import { download } from './download.ts';
import { median } from './median.ts';
import { usageOf } from './usage.ts';

export interface Throughput {
  readonly name: string;
  /** Of the median round. */
  readonly gigabytesPerSecond: number;
  /** Of the serving process, for each gigabyte. */
  readonly cpuSeconds: number;
  /** Peak resident memory above that before the first round, in bytes. */
  readonly memoryGrowth: number;
}

export interface Course {
  readonly contender: Contender;
  readonly path: string;
}

/** @param cold whether everybody forgets the blob before each round */
export async function measureThroughput(
  courses: readonly Course[],
  size: number,
  { rounds, cold }: { readonly rounds: number; readonly cold: boolean },
): Promise<readonly Throughput[]> {
  const once = async ({ contender, path }: Course): Promise<number> => {
    if (cold) await contender.forget();
    const { bytes, seconds } = await download(contender.host, path);
    if (bytes < size) throw new Error(`${contender.name} delivered ${bytes} bytes of ${size}`);
    return seconds;
  };
  const runs = [];
  for (const course of courses) {
    const { resident } = await usageOf(course.contender.pid);
    // Not counted: code that was not compiled yet, and on a virtual machine memory that nobody has used before.
    await once(course);
    const { cpuSeconds } = await usageOf(course.contender.pid);
    runs.push({ ...course, before: { resident, cpuSeconds }, seconds: [0].slice(1) });
  }
  for (let round = 0; round < rounds; round++) for (const run of runs) run.seconds.push(await once(run));
  return Promise.all(
    runs.map(async ({ contender, before, seconds }) => {
      const after = await usageOf(contender.pid);
      return {
        name: contender.name,
        gigabytesPerSecond: size / 1e9 / median(seconds),
        cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / ((size / 1e9) * rounds),
        memoryGrowth: after.peak - before.resident,
      };
    }),
  );
}
