// How often properties are tried: a few times with every run of the tests, and as often as one likes beside them.

/** PROPERTY_FACTOR=100 tries everything a hundred times as often. */
const factor = Number(process.env['PROPERTY_FACTOR'] ?? 1);

/** For `fc.assert`. A failure prints its seed and path, which may be added here to see it again. */
export function tries(count: number): { readonly numRuns: number } {
  return { numRuns: count * factor };
}

/** Milliseconds that a test may take. */
export const patience = 60_000 * Math.max(1, factor);
