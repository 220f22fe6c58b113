// The order in which people expect tags: 1.9 before 1.10, digits before letters (as `docker trust inspect` sorts).

const runs = /[0-9]+|[^0-9]/g;
const startsWithDigit = /^[0-9]/;

/** Compares two names run by run: digits by value, everything else by code unit. Negative when `a` comes first. */
export function naturalOrder(a: string, b: string): number {
  const left = a.match(runs) ?? [];
  const right = b.match(runs) ?? [];
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareRuns(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareRuns(a: string, b: string): number {
  const numeric = startsWithDigit.test(a);
  if (numeric !== startsWithDigit.test(b)) return numeric ? -1 : 1;
  if (!numeric) return compareText(a, b);
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  // Without leading zeros the longer number is the larger one; equal values differ by their zeros, fewer first.
  return left.length - right.length || compareText(left, right) || a.length - b.length;
}

/** By UTF-16 code unit, never by locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
