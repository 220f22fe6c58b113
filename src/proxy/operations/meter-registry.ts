// The meters of one process, and their text for Prometheus (exposition format 0.0.4), without a library for so little.
import { DctError } from '../../base/errors.ts';
import type { Counter, Histogram, HistogramSpec, Labels, Meters, MeterSpec } from '../../base/meters.ts';

const prefix = 'dct_proxy_';
const other = 'other';
/** Counters with no more series than this are shown from the start, so that a rate has a zero to rise from. */
const shownFromTheStart = 32;

type Kind = 'counter' | 'gauge' | 'histogram';

interface Family {
  readonly kind: Kind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: () => readonly string[];
}

/** What can be looked up about a meter without reading it: for documentation that has to keep up. */
export type MeterDescription = Pick<Family, 'kind' | 'name' | 'help' | 'labels'>;

export class MeterRegistry implements Meters {
  readonly #families = new Map<string, Family>();

  counter<L extends string = never>(spec: MeterSpec<L>): Counter<L> {
    const totals = new Map<string, number>();
    const every = combinations(spec.labels);
    if (every.length <= shownFromTheStart) for (const labels of every) totals.set(write(labels), 0);
    this.#register('counter', spec, (name) =>
      [...totals].map(([labels, total]) => `${name}${labels} ${total}`),
    );
    return {
      add: (labels, by = 1) => {
        const series = write(bounded(spec.labels, labels));
        totals.set(series, (totals.get(series) ?? 0) + by);
      },
    };
  }

  gauge<L extends string = never>(spec: MeterSpec<L>, read: (labels: Labels<L>) => number | undefined): void {
    this.#register('gauge', spec, (name) => readings(name, spec, read));
  }

  total<L extends string = never>(spec: MeterSpec<L>, read: (labels: Labels<L>) => number | undefined): void {
    this.#register('counter', spec, (name) => readings(name, spec, read));
  }

  histogram<L extends string = never>(spec: HistogramSpec<L>): Histogram<L> {
    const { buckets } = spec;
    const series = new Map<string, { labels: Labels<L>; counts: number[]; sum: number }>();
    this.#register('histogram', spec, (name) =>
      [...series.values()].flatMap(({ labels, counts, sum }) => {
        let total = 0;
        const lines = counts.map((count, i) => {
          total += count;
          return `${name}_bucket${write({ ...labels, le: String(buckets[i] ?? '+Inf') })} ${total}`;
        });
        return [...lines, `${name}_sum${write(labels)} ${sum}`, `${name}_count${write(labels)} ${total}`];
      }),
    );
    return {
      observe: (given, value) => {
        const labels = bounded(spec.labels, given);
        const key = write(labels);
        const entry = series.get(key) ?? { labels, counts: buckets.map(() => 0).concat(0), sum: 0 };
        series.set(key, entry);
        const found = buckets.findIndex((bound) => value <= bound);
        const bucket = found === -1 ? buckets.length : found;
        entry.counts[bucket] = (entry.counts[bucket] ?? 0) + 1;
        entry.sum += value;
      },
    };
  }

  /** Everything as Prometheus reads it; the content type is `text/plain; version=0.0.4`. */
  render(): string {
    const lines = [...this.#families.values()].flatMap(({ kind, name, help, samples }) => [
      `# HELP ${name} ${escapeHelp(help)}`,
      `# TYPE ${name} ${kind}`,
      ...samples(),
    ]);
    return `${lines.join('\n')}\n`;
  }

  describe(): readonly MeterDescription[] {
    return [...this.#families.values()].map(({ kind, name, help, labels }) => ({ kind, name, help, labels }));
  }

  #register(kind: Kind, spec: MeterSpec<string>, samples: (name: string) => readonly string[]): void {
    const name = `${prefix}${spec.name}`;
    if (!/^[a-z][a-z0-9_]*$/.test(spec.name) || this.#families.has(name))
      throw new DctError('BUG', { problem: `the meter ${name} is registered twice, or has no proper name` });
    const labels = Object.keys(spec.labels ?? {});
    this.#families.set(name, { kind, name, help: spec.help, labels, samples: () => samples(name) });
  }
}

function readings<L extends string>(
  name: string,
  spec: MeterSpec<L>,
  read: (labels: Labels<L>) => number | undefined,
): readonly string[] {
  return combinations(spec.labels).flatMap((labels) => {
    const value = read(labels);
    return value === undefined ? [] : [`${name}${write(labels)} ${value}`];
  });
}

/** The declared values, and `other` in place of everything else. */
function bounded<L extends string>(declared: MeterSpec<L>['labels'], given: Labels<L>): Labels<L> {
  const entries = Object.entries<readonly string[]>(declared ?? {}).map(([label, values]) => {
    const value = given[label as L];
    return [label, values.includes(value) ? value : other] as const;
  });
  return Object.fromEntries(entries) as Labels<L>;
}

function combinations<L extends string>(declared: MeterSpec<L>['labels']): readonly Labels<L>[] {
  let all: Readonly<Record<string, string>>[] = [{}];
  for (const [label, values] of Object.entries<readonly string[]>(declared ?? {}))
    all = all.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  return all;
}

function write(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
