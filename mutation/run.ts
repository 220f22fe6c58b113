// `npm run mutate [-- --continue] [PATH...]`: weakens one guard at a time, and says which ones no test misses.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { coverageOf } from './coverage.ts';
import { equivalent } from './equivalent.ts';
import { mutantsOf, weakenedBy, type Mutant } from './guards.ts';
import { openResults, resultsFile } from './results.ts';
import { openSuite, type Selection } from './suite.ts';

/** Source folder, and the tests that have to notice. The first match counts. */
const judges: readonly (readonly [folder: string, tests: readonly string[]])[] = [
  ['src/tuf-client/author', ['test/tuf-client/author']],
  ['src/tuf-client', ['test/tuf-client', 'test/attacks', 'test/bounds']],
  ['src/keystore', ['test/keystore', 'test/bounds']],
  ['src/registry', ['test/registry', 'test/proxy', 'test/bounds']],
  ['src/blob-cache', ['test/blob-cache', 'test/proxy', 'test/bounds']],
  ['src/proxy', ['test/proxy', 'test/bounds']],
  ['src/http', ['test/http', 'test/registry', 'test/bounds']],
  ['src/disk', ['test/disk', 'test/keystore', 'test/tuf-client/cache']],
  ['src/base', ['test/base', 'test/tuf-client/model']],
];

const defaults = ['src/tuf-client/trust', 'src/tuf-client/crypto', 'src/registry', 'src/keystore'];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const given = process.argv.slice(2);
const goesOn = given.includes('--continue');
const asked = given.filter((argument) => argument !== '--continue');
const sources = (asked.length > 0 ? asked : defaults).flatMap(sourcesBelow).map((path) => {
  const text = readFileSync(path, 'utf8');
  return { path, text, mutants: mutantsOf(path, text) };
});

const idle = equivalent.filter(isIdle);
if (idle.length > 0)
  throw new Error(
    `excused, and no mutant: ${idle.map(({ path, change }) => `${path}: ${change}`).join('; ')}`,
  );

const results = openResults(goesOn);
const suite = await openSuite();
const judgesOf = (path: string): readonly string[] => {
  const [, folders] = judges.find(([folder]) => path.startsWith(`${folder}/`)) ?? ['', ['test']];
  return suite.files.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));
};

const weakened = sources.filter(({ mutants }) => mutants.length > 0);
const tests = [...new Set(weakened.flatMap(({ path }) => judgesOf(path)))];
say(`${tests.length} test files without any mutant …`);
const began = performance.now();
const coverage = await coverageOf(
  suite,
  weakened.map(({ path }) => path),
  tests,
);
const longest = 60_000 + 3 * (performance.now() - began);

let killed = 0;
let excused = 0;
const survivors: string[] = [];

for (const { path, text, mutants } of weakened) {
  const kills = new Map<string, number>();
  const standing: string[] = [];
  await checkThatChangesArrive(path, text, mutants);
  for (const [index, mutant] of mutants.entries()) {
    const nth = mutants.slice(0, index + 1).filter(({ change }) => change === mutant.change).length;
    if (
      equivalent.some((one) => one.path === path && one.change === mutant.change && (one.nth ?? 1) === nth)
    ) {
      excused++;
      continue;
    }
    const noticed = results.noticed(path, text, mutant) ?? (await judge(path, text, index, mutant, kills));
    const unseen = coverage(path, index).size === 0 ? ' (no test comes to see it)' : '';
    if (noticed === undefined) standing.push(`${path}:${mutant.line}: ${mutant.change}${unseen}`);
    else {
      killed++;
      kills.set(noticed.file, (kills.get(noticed.file) ?? 0) + 1);
    }
  }
  survivors.push(...standing);
  say(`${path}: ${mutants.length} mutants, ${standing.length} survive`);
  for (const line of standing) say(`  ${line}`);
}
await suite.close();

const all = killed + survivors.length;
say(
  `${killed} of ${all} mutants noticed (${((100 * killed) / all).toFixed(1)} %), ${excused} equivalent ones left out`,
);
say(`each with the test that noticed it: ${resultsFile}`);
process.exit(survivors.length > 0 ? 1 : 0);

/** Asks the tests to which it would matter: first those in files that noticed the most of this source, then the quick ones. */
async function judge(
  path: string,
  text: string,
  index: number,
  mutant: Mutant,
  kills: ReadonlyMap<string, number>,
) {
  const witnesses = coverage(path, index);
  const cost = (tests: Iterable<string>): number =>
    [...tests].reduce((sum, test) => sum + suite.duration(test), 0);
  const order = [...witnesses].sort(
    ([a, ours], [b, others]) =>
      (kills.get(b) ?? 0) - (kills.get(a) ?? 0) || cost(ours ?? []) - cost(others ?? []),
  );
  const noticed =
    order.length === 0 ? undefined : await failure(path, new Map(order), weakenedBy(mutant, text));
  results.add(path, text, mutant, noticed);
  return noticed;
}

/** A file that cannot even be loaded has to be noticed, and one as it is has not, or nothing that is said here means anything. */
async function checkThatChangesArrive(path: string, text: string, mutants: readonly Mutant[]): Promise<void> {
  const witnesses = mutants.map((_mutant, index) => coverage(path, index)).find(({ size }) => size > 0);
  if (witnesses === undefined) return;
  const noticed = await failure(path, witnesses, 'throw new Error("never loads");');
  if (noticed === undefined)
    throw new Error(`${path} was replaced by an error, and no test noticed: mutants do not arrive`);
  const again = new Map([...witnesses].filter(([file]) => file === noticed.file));
  const mistaken = await failure(path, again.size > 0 ? again : witnesses, text);
  if (mistaken !== undefined)
    throw new Error(`${path} is as it was, and yet a test fails: ${mistaken.test}: ${mistaken.message}`);
}

/** Who takes so much longer than the same tests took without a mutant hangs. */
function limitOf(tests: Selection): number {
  const times = [...tests.values()].flatMap((ids) =>
    ids === undefined ? [longest] : [...ids].map((test) => suite.duration(test)),
  );
  const expected = times.reduce((sum, time) => sum + time, 10_000 * tests.size);
  return Math.min(longest, 30_000 + 3 * expected);
}

async function failure(path: string, tests: Selection, weakenedText: string) {
  suite.change((changed, text) => (changed === path ? weakenedText : text));
  suite.forget(path);
  const found = await suite.firstFailure(tests, limitOf(tests));
  if (!suite.hasLoaded(path)) throw new Error(`${path} was not loaded again: its mutants do not arrive`);
  suite.change((_path, text) => text);
  suite.forget(path);
  return found;
}

/** An excuse that outlived its guard would be there for the next one that reads like it. */
function isIdle({ path, change, nth = 1 }: (typeof equivalent)[number]): boolean {
  if (!existsSync(path)) return true;
  const alike = mutantsOf(path, readFileSync(path, 'utf8')).filter((mutant) => mutant.change === change);
  return alike.length < nth;
}

function sourcesBelow(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('index.ts') && !name.endsWith('types.ts'))
    .sort()
    .map((name) => join(path, name));
}
