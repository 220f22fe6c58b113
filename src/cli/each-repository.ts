// The same work for several repositories, side by side: one that fails keeps no other one from going on.
import { isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Gun } from '../base/reference.ts';
import type { Console } from './console.ts';
import { sideBySide } from './side-by-side.ts';

export interface OfRepository {
  readonly gun: Gun;
}

/** What went wrong, by repository. */
export type Failures = Map<Gun, unknown>;

/** What came of those that did not fail, in the order of the items. */
export async function eachRepository<T extends OfRepository, R>(
  items: readonly T[],
  failures: Failures,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const outcomes = await sideBySide(items, limits.repositoriesAtOnce, work);
  return outcomes.flatMap((outcome, i) => {
    if (outcome.status === 'fulfilled') return [outcome.value];
    failures.set((items[i] as T).gun, outcome.reason);
    return [];
  });
}

/** `fate` is what did not happen to a repository, such as `was not signed`. @throws INTERRUPTED, after everything else was told */
export function tellFailures(
  console: Pick<Console, 'info' | 'fail'>,
  items: readonly OfRepository[],
  failures: Failures,
  fate: string,
): void {
  for (const { gun } of items) {
    const error = failures.get(gun);
    if (error === undefined || isDctError(error, 'INTERRUPTED')) continue;
    if (items.length > 1) console.info(`${gun} ${fate}:`);
    console.fail(error);
  }
  const interrupted = [...failures.values()].find((error) => isDctError(error, 'INTERRUPTED'));
  if (interrupted !== undefined) throw interrupted;
}
