// EX-01: each family of errors has its exit code, whatever the form of the output.
import { expect, it } from 'vitest';
import { DctError, type Code, type Family } from '../../src/base/errors.ts';
import { catalogue } from '../../src/base/errors/catalogue.ts';
import { exitCodeFor, exitCodes } from '../../src/cli/exit-codes.ts';
import { errorOf, run } from './support.ts';

const contract: Readonly<Record<Family, { readonly exit: number; readonly example: Code }>> = {
  usage: { exit: 2, example: 'REFERENCE_INVALID' },
  trust: { exit: 3, example: 'ROLLBACK' },
  transport: { exit: 4, example: 'TLS' },
  registry: { exit: 5, example: 'MANIFEST_UNKNOWN' },
  key: { exit: 6, example: 'WRONG_PASSPHRASE' },
  disk: { exit: 7, example: 'LOCKED' },
  conflict: { exit: 8, example: 'CONFLICT' },
  declined: { exit: 9, example: 'DECLINED' },
  bug: { exit: 70, example: 'BUG' },
  interrupted: { exit: 130, example: 'INTERRUPTED' },
};
const families = Object.entries(contract) as [Family, { exit: number; example: Code }][];

it.each(families)('%s', async (family, { exit, example }) => {
  expect(exitCodes[family]).toBe(exit);
  expect(catalogue[example].family).toBe(family);
  const failing = { services: { trust: () => Promise.reject(new DctError(example, {} as never)) } };
  const plain = await run(['list', 'example.test/a'], failing);
  const json = await run(['list', 'example.test/a', '--json'], failing);
  expect(plain).toMatchObject({ code: exit, stdout: '' });
  expect(plain.stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
  expect(json).toMatchObject({ code: exit, stdout: '' });
  expect(errorOf(json).code).toBe(example);
});

it('has a distinct code for each family, and none of them is success', () => {
  const codes = Object.values(exitCodes);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes).not.toContain(0);
});

it.each([
  { families: [], code: 0 },
  { families: ['transport', 'registry'], code: 4 },
  { families: ['transport', 'trust'], code: 3 },
] as const)('several errors: $families', (row) => {
  expect(exitCodeFor(row.families)).toBe(row.code);
});
