// The door for numbers about our work: what modules count, time and measure, whoever may read it.

/** One value for every label that was declared. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

export interface MeterSpec<L extends string = never> {
  /** Snake case in base units, as Prometheus names things: `cache_bytes`, `upstream_retries_total`; without a prefix. */
  readonly name: string;
  /** One sentence for the operator. */
  readonly help: string;
  /**
   * Every label with all values that it can have, fixed at the start. Whatever else is given is counted as `other`, so
   * that nothing a client chooses makes the table grow.
   */
  readonly labels?: Readonly<Record<L, readonly string[]>>;
}

export interface HistogramSpec<L extends string = never> extends MeterSpec<L> {
  /** Upper bounds, ascending, without the infinite one. */
  readonly buckets: readonly number[];
}

export interface Counter<L extends string = never> {
  /** @param by 1 when left out; never negative */
  add(labels: Labels<L>, by?: number): void;
}

export interface Histogram<L extends string = never> {
  observe(labels: Labels<L>, value: number): void;
}

/** Registers meters. A name that is taken, or that is none, is a BUG. */
export interface Meters {
  counter<L extends string = never>(spec: MeterSpec<L>): Counter<L>;
  histogram<L extends string = never>(spec: HistogramSpec<L>): Histogram<L>;
  /**
   * Registers a value that is read whenever somebody looks: once for each combination of the declared label values.
   * Undefined leaves that combination out.
   */
  gauge<L extends string = never>(spec: MeterSpec<L>, read: (labels: Labels<L>) => number | undefined): void;
  /** Registers a counter that somebody else keeps: read like a gauge, and never smaller than before. */
  total<L extends string = never>(spec: MeterSpec<L>, read: (labels: Labels<L>) => number | undefined): void;
}

/** For those who are not asked to measure anything. */
export const noMeters: Meters = {
  counter: () => ({ add: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
  gauge: () => undefined,
  total: () => undefined,
};
