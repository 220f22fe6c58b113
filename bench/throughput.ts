// One large blob through each contender, in turns, so that a slow moment of the machine does not fall on one of them alone.
import type { Contender } from './contenders.ts';
import { download } from './download.ts';
import { median } from './median.ts';
import { calm } from './calm.ts';
import { usageOf } from './usage.ts';

export interface Throughput {
  readonly name: string;
  /** Of the median round. */
  readonly gigabytesPerSecond: number;
  /** Of the serving process in its own rounds, for each gigabyte, with what it goes on doing after its answer. */
  readonly cpuSeconds: number;
  /** Peak resident memory above that before the first round, in bytes. */
  readonly memoryGrowth: number;
}

export interface Course {
  readonly contender: Contender;
  readonly path: string;
}

/** Rounds in which code is not compiled yet, and a virtual machine uses memory that nobody has used before. */
const uncounted = 3;

interface Round {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** @param cold whether everybody forgets the blob before each round */
export async function measureThroughput(
  courses: readonly Course[],
  size: number,
  { rounds, cold }: { readonly rounds: number; readonly cold: boolean },
): Promise<readonly Throughput[]> {
  const pids = courses.map(({ contender }) => contender.pid);
  const once = async ({ contender, path }: Course): Promise<Round> => {
    if (cold) await contender.forget();
    await calm(pids);
    const before = await usageOf(contender.pid);
    const { bytes, seconds } = await download(contender.host, path);
    if (bytes < size) throw new Error(`${contender.name} delivered ${bytes} bytes of ${size}`);
    await calm(pids);
    const after = await usageOf(contender.pid);
    return { seconds, cpuSeconds: after.cpuSeconds - before.cpuSeconds };
  };
  const runs = [];
  for (const course of courses) {
    const { resident } = await usageOf(course.contender.pid);
    for (let round = 0; round < uncounted; round++) await once(course);
    const counted: Round[] = [];
    runs.push({ ...course, resident, counted });
  }
  for (let round = 0; round < rounds; round++) for (const run of runs) run.counted.push(await once(run));
  return Promise.all(
    runs.map(async ({ contender, resident, counted }) => ({
      name: contender.name,
      gigabytesPerSecond: size / 1e9 / median(counted.map(({ seconds }) => seconds)),
      cpuSeconds: median(counted.map(({ cpuSeconds }) => cpuSeconds)) / (size / 1e9),
      memoryGrowth: (await usageOf(contender.pid)).peak - resident,
    })),
  );
}
