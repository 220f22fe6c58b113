// The table that a measurement ends in.

export interface Measurement {
  readonly name: string;
  /** One value a round. */
  readonly seconds: readonly number[];
  /** Of the serving process over all rounds. */
  readonly cpuSeconds: number;
  /** Peak resident memory above what it was before the first round, in bytes. */
  readonly memoryGrowth: number;
}

/** One row for each measurement; speeds are also given as a share of the first row's. */
export function report(measurements: readonly Measurement[], blobSize: number, rounds: number): string {
  const gigabytes = blobSize / 1e9;
  const speeds = measurements.map(({ seconds }) => gigabytes / median(seconds));
  const rows = measurements.map(({ name, cpuSeconds, memoryGrowth }, position) => {
    const speed = speeds[position] ?? 0;
    return [
      name,
      speed.toFixed(2),
      (speed / (speeds[0] ?? speed)).toFixed(2),
      (cpuSeconds / (gigabytes * rounds)).toFixed(2),
      (memoryGrowth / 1024 / 1024).toFixed(0),
    ];
  });
  const table = [['', 'GB/s', 'of direct', 'CPU s/GB', 'memory +MiB'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const title = `A blob of ${(blobSize / 1024 / 1024).toFixed(0)} MiB, median of ${rounds} rounds in turn:`;
  return [title, '', ...lines, ''].join('\n');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
