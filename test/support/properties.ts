// Properties, with fast-check: the same cases in every run, so that none fails on luck, and other cases for whoever asks.
import fc from 'fast-check';
import { vi } from 'vitest';

export { fc };

/** PROPERTY_FACTOR=100 tries everything a hundred times as often. */
const factor = Number(process.env['PROPERTY_FACTOR'] ?? 1);

/** PROPERTY_SEED=N tries the cases of that seed, which a failure prints; `random`, as every factor above 1, those of a new one. */
const seed = process.env['PROPERTY_SEED'] ?? (factor > 1 ? 'random' : '1');
if (seed !== 'random' && !/^-?\d+$/.test(seed))
  throw new Error(`PROPERTY_SEED=${seed} is not a whole number`);

vi.setConfig({ testTimeout: 60_000 * Math.max(1, factor) });
fc.configureGlobal({ ...tries(100), ...(seed === 'random' ? {} : { seed: Number(seed) }) });

/** For `fc.assert`: that many cases in a usual run. */
export function tries(count: number): { readonly numRuns: number } {
  return { numRuns: count * factor };
}
