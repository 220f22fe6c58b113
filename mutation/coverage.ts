// One run of all tests without a mutant: which tests would see another outcome of a guard, were it weakened.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { guardsOf, mutantsOf, weakenedBy, type Guard, type Mutant } from './guards.ts';
import type { Note } from './reached.ts';
import type { Selection, Suite } from './suite.ts';

/** The tests that have to be asked about a mutant. */
export type Coverage = (path: string, mutant: number) => Selection;

/** @throws when a test fails: it would seem to notice everything */
export async function coverageOf(
  suite: Suite,
  paths: readonly string[],
  files: readonly string[],
): Promise<Coverage> {
  const notes = resolve(`.tmp/mutation/notes-${process.pid}.jsonl`);
  mkdirSync(dirname(notes), { recursive: true });
  writeFileSync(notes, '');
  suite.change((path, text) => (paths.includes(path) ? noting(notes, path, text) : text));
  for (const path of paths) suite.forget(path);
  const failure = await suite.firstFailure(new Map(files.map((file) => [file, undefined])));
  if (failure !== undefined)
    throw new Error(`a test fails without any mutant: ${failure.test}: ${failure.message}`);

  const found = new Map<string, Map<string, Set<string> | undefined>>();
  const lines = readFileSync(notes, 'utf8').split('\n').slice(0, -1);
  rmSync(notes);
  if (lines.length === 0)
    throw new Error('no test comes to see any guard: either there is none, or changed files do not arrive');
  for (const line of lines) {
    const { path, mutant, file, test } = JSON.parse(line) as Note;
    const selection = found.get(`${path} ${mutant}`) ?? new Map<string, Set<string> | undefined>();
    found.set(`${path} ${mutant}`, selection);
    const name = relative('.', file);
    const tests = selection.has(name) ? selection.get(name) : new Set<string>();
    selection.set(name, test === undefined ? undefined : tests?.add(test));
  }
  return (path, mutant) => found.get(`${path} ${mutant}`) ?? new Map();
}

/** The same source, with notes at each guard; lines stay where they are. */
function noting(notes: string, path: string, text: string): string {
  const mutants = [...mutantsOf(path, text).entries()];
  const guards = guardsOf(path, text);
  let noted = text;
  for (const [index, guard] of [...guards.entries()].reverse()) {
    const here = mutants.filter(([, mutant]) => mutant.guard === index);
    noted =
      noted.slice(0, guard.start) + notingGuard(notes, path, text, guard, here) + noted.slice(guard.end);
  }
  return `import { note as note$, compare as compare$ } from ${JSON.stringify(resolve('mutation/reached.ts'))}; ${noted}`;
}

function notingGuard(
  notes: string,
  path: string,
  text: string,
  { start, end, isStatement }: Guard,
  mutants: readonly (readonly [number, Mutant])[],
): string {
  const guard = text.slice(start, end);
  const where = `${JSON.stringify(notes)}, ${JSON.stringify(path)}`;
  const note = (noted: typeof mutants): string =>
    `note$(${where}, ${JSON.stringify(noted.map(([index]) => index))})`;
  if (isStatement) {
    // A check that passes is as good as none; whatever is inside of it, or does something, may matter at any time.
    const isWhole = ([, mutant]: readonly [number, Mutant]): boolean => mutant.start === start;
    const acts = /^(await )?([\w$#]+\.)*#?(ensure|require|refuse)/.test(guard);
    const inside = mutants.filter((one) => !isWhole(one) || acts);
    const whole = mutants.filter((one) => !inside.includes(one));
    return `{ ${note(inside)}; try { ${guard} } catch (error$) { ${note(whole)}; throw error$; } }`;
  }
  if (!isRepeatable(guard)) return `(${note(mutants)}, ${guard})`;
  const others = mutants.map(([index, mutant]) => {
    const weakened = weakenedBy(mutant, text);
    return `[${index}, () => (${weakened.slice(start, end + weakened.length - text.length)})]`;
  });
  return `compare$(${where}, () => (${guard}), [${others.join(', ')}])`;
}

/** Whether a condition can be asked more than once: nothing waits in it, and as far as one sees nothing changes. */
function isRepeatable(condition: string): boolean {
  return !/\b(await|yield)\b|\+\+|--|[^=!<>]=[^=>]|this\.#?\w+\(|\.(add|delete|set|shift|pop|push|next|exec)\(/.test(
    condition,
  );
}
