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
  const runs = await Promise.all(
    courses.map(async (course) => ({
      ...course,
      before: await usageOf(course.contender.pid),
      seconds: [0].slice(1),
    })),
  );
  for (let round = 0; round < rounds; round++)
    for (const { contender, path, seconds } of runs) {
      if (cold) await contender.forget();
      const { bytes, seconds: taken } = await download(contender.host, path);
      if (bytes < size) throw new Error(`${contender.name} delivered ${bytes} bytes of ${size}`);
      seconds.push(taken);
    }
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
