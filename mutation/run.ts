// `npm run mutate [PATH...]`: weakens one guard at a time, and says which ones no test misses.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createVitest } from 'vitest/node';
import { equivalent } from './equivalent.ts';
import { mutantsOf, type Mutant } from './guards.ts';

/** Source folder, the tests that have to notice, and those below them that need not run. The first match counts. */
const judges: readonly (readonly [folder: string, tests: readonly string[], without?: string])[] = [
  ['src/tuf-client/author', ['test/tuf-client/author']],
  ['src/tuf-client', ['test/tuf-client'], 'test/tuf-client/author'],
  ['src/keystore', ['test/keystore']],
  ['src/registry', ['test/registry', 'test/proxy']],
  ['src/blob-cache', ['test/blob-cache', 'test/proxy']],
  ['src/proxy', ['test/proxy']],
  ['src/http', ['test/http', 'test/registry']],
  ['src/disk', ['test/disk', 'test/keystore', 'test/tuf-client/cache']],
  ['src/base', ['test/base', 'test/tuf-client/model']],
];

const defaults = ['src/tuf-client/trust', 'src/tuf-client/crypto', 'src/registry', 'src/keystore'];

interface Active {
  readonly file: string;
  readonly mutant: Mutant;
}

type Specifications = Parameters<typeof vitest.runTestSpecifications>[0];

let active: Active | undefined;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const vitest = await createVitest(
  'test',
  { watch: true, bail: 1, reporters: [{}], project: ['fast'] },
  {
    plugins: [
      {
        name: 'weakened-guard',
        enforce: 'pre',
        transform(code: string, id: string) {
          if (active === undefined || id.split('?')[0] !== active.file) return undefined;
          const { start, end, replacement } = active.mutant;
          return code.slice(0, start) + replacement + code.slice(end);
        },
      },
    ],
  },
);

const paths = process.argv.slice(2);
const files = (paths.length > 0 ? paths : defaults).flatMap(sources);
let killed = 0;
let excused = 0;
const survivors: string[] = [];

for (const file of files) {
  const path = relative('.', file);
  const mutants = mutantsOf(path, readFileSync(file, 'utf8'));
  if (mutants.length === 0) continue;
  const specifications = await judgesOf(path);
  const standing: string[] = [];
  // Tests that fail anyway would notice everything.
  if (await noticed(specifications)) throw new Error(`the tests of ${path} fail without any mutant`);
  for (const mutant of mutants) {
    if (equivalent.some((one) => one.path === path && one.change === mutant.change)) {
      excused++;
      continue;
    }
    active = { file, mutant };
    vitest.invalidateFile(file);
    if (await noticed(specifications)) killed++;
    else standing.push(`${path}:${mutant.line}: ${mutant.change}`);
  }
  active = undefined;
  vitest.invalidateFile(file);
  survivors.push(...standing);
  say(`${path}: ${mutants.length} mutants, ${standing.length} survive`);
  for (const line of standing) say(`  ${line}`);
}
await vitest.close();

const all = killed + survivors.length;
say(
  `${killed} of ${all} mutants noticed (${((100 * killed) / all).toFixed(1)} %), ${excused} equivalent ones left out`,
);
process.exit(survivors.length > 0 ? 1 : 0);

async function noticed(specifications: Specifications): Promise<boolean> {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  return unhandledErrors.length > 0 || testModules.some((module) => module.state() === 'failed');
}

async function judgesOf(path: string): Promise<Specifications> {
  const [, folders, without] = judges.find(([folder]) => path.startsWith(`${folder}/`)) ?? ['', ['test']];
  const all = await vitest.getRelevantTestSpecifications();
  const below = (moduleId: string, folder: string): boolean => moduleId.startsWith(`${resolve(folder)}/`);
  return all.filter(
    ({ moduleId }) =>
      folders.some((folder) => below(moduleId, folder)) &&
      (without === undefined || !below(moduleId, without)),
  );
}

function sources(path: string): readonly string[] {
  if (statSync(path).isFile()) return [resolve(path)];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('index.ts') && !name.endsWith('types.ts'))
    .sort()
    .map((name) => resolve(join(path, name)));
}
