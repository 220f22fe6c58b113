// Many files cannot do what one big file may not: an update has one bound for all that it downloads (DG-12).
import { expect, test } from 'vitest';
import { instantAt } from '../../src/base/instant.ts';
import { limits } from '../../src/base/limits.ts';
import { roleNames, type RoleName } from '../../src/tuf-client/index.ts';
import type { Targets } from '../../src/tuf-client/model/index.ts';
import { loadDelegations } from '../../src/tuf-client/trust/delegations.ts';
import { withBudget } from '../../src/tuf-client/trust/effects.ts';
import { metaOf } from '../support/notary-simulator.ts';
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

test.each([
  ['DG-12: delegations of all levels count together', true],
  ['DG-12: delegations without a file count too', false],
])('%s', async (_, arePublished) => {
  type Source = Parameters<typeof loadDelegations>[0];
  const common = { version: 1, expires: instantAt(0), targets: new Map(), delegationKeys: new Map() };
  const declaring = (names: readonly string[]): Targets => ({
    ...common,
    delegations: names.map((name) => ({ name: name as RoleName, keyIds: [], threshold: 1, paths: [''] })),
  });
  const load = async (below: number): Promise<number> => {
    const names = Array.from({ length: below }, (_, i) => `targets/a/${i}`);
    const published = arePublished ? names : [];
    const meta = new Map(['targets/a', ...published].map((name) => [name as RoleName, metaOf('')]));
    const file = (role: string): Promise<unknown> =>
      Promise.resolve({ bytes: new Uint8Array(), data: declaring(role === 'targets/a' ? names : []) });
    const source = { gun: 'x', file, wasPublished: () => Promise.resolve(false) } as Source;
    const { delegations } = await loadDelegations(source, { ...common, meta }, declaring(['targets/a']), []);
    return delegations.size;
  };
  expect(await load(limits.delegations - 1)).toBe(arePublished ? limits.delegations : 1);
  expect(await codeOfRejection(load(limits.delegations))).toBe('LIMIT');
});

test('a fault that is nobody’s refusal is handed on', async () => {
  const common = { version: 1, expires: instantAt(0), delegationKeys: new Map() };
  const [name, meta] = [roleNames.releases, new Map([[roleNames.releases, metaOf('')]])];
  const declared = [{ name, keyIds: [], threshold: 1, paths: [] }];
  const source = {
    gun: 'x',
    file: () => Promise.reject(new TypeError('broken source')),
    wasPublished: () => Promise.resolve(false),
  };
  const targets = { ...common, targets: new Map(), delegations: declared };
  await expect(loadDelegations(source, { ...common, meta }, targets, [])).rejects.toThrow('broken source');
});
