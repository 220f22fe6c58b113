// What a soak has to say in the end: requests, faults, memory, and everything that was wrong.
import { percentile } from '../bench/median.ts';
import { table } from '../bench/report.ts';
import type { Observation } from './observation.ts';
import { kindOf, type Line } from './tally.ts';

const MiB = 1024 * 1024;

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly observations: readonly Observation[];
  readonly lines: readonly Line[];
  /** By server and kind. */
  readonly faults: ReadonlyMap<string, number>;
  /** Resident memory under load, in bytes, in the order of time. */
  readonly memory: readonly number[];
  /** Counters of the proxy worth a look. */
  readonly counters: readonly (readonly [string, number])[];
  /** Whatever should not have been; a soak without any has passed. */
  readonly violations: readonly string[];
}

/** For people. */
export function describeSoak(report: SoakReport): string {
  const { seed, seconds, observations, lines, faults, memory, counters, violations } = report;
  const kinds = [...new Set(observations.map(({ question }) => question.kind))].sort();
  const requests = kinds.map((kind) => {
    const seen = observations.filter(({ question }) => question.kind === kind);
    const times = seen.filter(({ complete }) => complete).map(({ begun, ended }) => ended - begun);
    const count = (is: (seen: Observation) => boolean): string => String(seen.filter(is).length);
    return [
      kind,
      String(seen.length),
      count(({ complete, status = 0 }) => complete && status < 400),
      count(({ complete, status = 0 }) => complete && status >= 400),
      count(({ complete, left }) => !complete && !left),
      count(({ left }) => left),
      percentile(times, 0.5).toFixed(0),
      percentile(times, 0.99).toFixed(0),
    ];
  });
  const tally = new Map<string, number>();
  for (const kind of lines.map(kindOf)) tally.set(kind, (tally.get(kind) ?? 0) + 1);
  const two = (list: Iterable<readonly [string, number]>): string =>
    table(
      ['', ''],
      [...list].sort().map(([name, count]) => [name, String(count)]),
    );
  const MiBs = memory.map((bytes) => (bytes / MiB).toFixed(0));
  const every = Math.max(1, Math.ceil(MiBs.length / 20));
  return [
    `Seed ${seed}, ${seconds.toFixed(0)} s of load, ${observations.length} requests:\n`,
    table(['', 'requests', 'yes', 'no', 'cut', 'left', 'p50 ms', 'p99 ms'], requests),
    `Decisions of the proxy:\n${two(tally)}`,
    `Faults:\n${two(faults)}`,
    `Counters:\n${two(counters)}`,
    `Resident memory in MiB, in the order of time: ${MiBs.filter((_, i) => i % every === 0).join(' ')}\n`,
    violations.length === 0
      ? 'Nothing was wrong.\n'
      : `${violations.length} violations:\n${counted(violations).join('\n')}\n`,
  ].join('\n');
}

/** Each text once, so that what happens often hides nothing else. */
function counted(violations: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of violations) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`));
}
