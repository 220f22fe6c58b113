// EX-01: each family of errors has its exit code, whatever the form of the output.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DctError, type Code, type Family } from '../../src/base/errors.ts';
import { catalogue } from '../../src/base/errors/catalogue.ts';
import { exitCodeFor, exitCodes } from '../../src/cli/exit-codes.ts';
import { errorOf, run } from './support.ts';

/** What scripts rely on. */
const contract: Readonly<Record<Family, number>> = {
  usage: 2,
  trust: 3,
  transport: 4,
  registry: 5,
  key: 6,
  disk: 7,
  conflict: 8,
  declined: 9,
  bug: 70,
  interrupted: 130,
};

/** Facts of every name that any sentence asks for. */
const anyFacts = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? `<${name}>` : undefined) });

describe.each(Object.keys(catalogue) as Code[])('EX-01: %s', (code) => {
  const error = new DctError(code, anyFacts as never);
  const failing = { services: { trust: () => Promise.reject(error) } };

  it('ends with the code of its family, in words and in JSON, which say the same', async () => {
    const exit = contract[catalogue[code].family];
    const plain = await run(['list', 'example.test/a'], failing);
    const json = await run(['list', 'example.test/a', '--json'], failing);
    expect(plain).toEqual({ code: exit, stdout: '', stderr: `dct: ${error.message}\nnext: ${error.next}\n` });
    expect(json).toMatchObject({ code: exit, stdout: '' });
    expect(errorOf(json)).toMatchObject({ code, message: error.message, next: error.next });
  });
});

it('has a distinct code for each family, and none of them is success', () => {
  expect(exitCodes).toEqual(contract);
  const codes = Object.values(exitCodes);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes).not.toContain(0);
});

it('stands in the README, each code once, and no other', () => {
  const [, list = ''] =
    /^Exit codes tell scripts what happened: ([^.]+)\./m.exec(readFileSync('README.md', 'utf8')) ?? [];
  const listed = list.split(/ ·\s/).map((item) => Number.parseInt(item, 10));
  expect(listed).toEqual([0, ...Object.values(contract).sort((a, b) => a - b)]);
});

it.each([
  { families: [], code: 0 },
  { families: ['transport', 'registry'], code: 4 },
  { families: ['transport', 'trust'], code: 3 },
] as const)('several errors: $families', (row) => {
  expect(exitCodeFor(row.families)).toBe(row.code);
});
