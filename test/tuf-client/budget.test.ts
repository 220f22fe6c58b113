// Many files cannot do what one big file may not: an update has one bound for all that it downloads (DG-12).
import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { roleNames } from '../../src/tuf-client/index.ts';
import { withBudget } from '../../src/tuf-client/trust/effects.ts';
import { codeOfRejection } from '../support/code-of.ts';

/** Only the length is looked at, so nothing has to be that large. */
const ofLength = (byteLength: number): Uint8Array => Object.create({ byteLength }) as Uint8Array;

function budgetOver(sizes: readonly (number | undefined)[]): () => Promise<Uint8Array | undefined> {
  const answers = sizes.values();
  const effects = withBudget({
    cached: () => Promise.resolve(undefined),
    download: () => {
      const size = answers.next().value;
      return Promise.resolve(size === undefined ? undefined : ofLength(size));
    },
  });
  return () => effects.download({ role: roleNames.targets }, limits.targetsBytes);
}

test('DG-12: the downloads of one update count together', async () => {
  const download = budgetOver([limits.updateBytes - 1, undefined, 1, 1]);
  for (let file = 0; file < 3; file++) await download();
  expect(await codeOfRejection(download())).toBe('LIMIT');
});

test('what the cache holds is not counted', async () => {
  const effects = withBudget({
    cached: () => Promise.resolve(ofLength(limits.updateBytes)),
    download: () => Promise.resolve(ofLength(1)),
  });
  await effects.cached(roleNames.targets);
  await effects.cached(roleNames.targets);
  await expect(effects.download({ role: roleNames.targets }, 1)).resolves.toBeDefined();
});
