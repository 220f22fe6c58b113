// The tables that a measurement ends in: what was measured, and beside each ratio what it should be.

export type Row = readonly (string | number)[];

/** Columns as wide as they have to be; numbers with two digits after the point. */
export function table(head: readonly string[], rows: readonly Row[]): string {
  const cells = [
    head,
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))),
  ];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    widths
      .map((width, column) =>
        column === 0 ? (row[0] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

export interface Goal {
  readonly measure: string;
  readonly value: number;
  readonly target: number;
  /** Whether more is better, or less. */
  readonly better: 'more' | 'less';
}

export function goalRow({ measure, value, target, better }: Goal): Row {
  const reached = better === 'more' ? value >= target : value <= target;
  return [measure, value, `${better === 'more' ? '≥' : '≤'} ${target}`, reached ? 'reached' : 'missed'];
}
