// Columns of text for people: padded with blanks, the last column left ragged.
import { printable } from '../base/errors.ts';

export interface TableShape {
  /** Narrowest column, padding included. */
  readonly minimum: number;
  /** Blanks between the widest cell of a column and the next column. */
  readonly padding: number;
}

const plain: TableShape = { minimum: 0, padding: 3 };

/** One line for each row. Cells are made safe to show first, so that an escape sequence cannot move a column (EX-02). */
export function table(rows: readonly (readonly string[])[], shape: TableShape = plain): string[] {
  const safe = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of safe) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? shape.minimum, width(cell) + shape.padding);
    }
  }
  return safe.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0))).join(''),
  );
}

/** In code points: what a terminal shows for the names that registries and metadata allow. */
function width(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}
