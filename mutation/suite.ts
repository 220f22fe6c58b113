// The fast tests, run again and again in one process while one source file is other than on disk.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createVitest, type TestModule, type TestSpecification, type Vitest } from 'vitest/node';

export interface Failure {
  /** Test file, and the test in it if it came that far. */
  readonly file: string;
  readonly test: string;
  readonly message: string;
}

/** Test files, each with the ids of the tests to run, or all of them. */
export type Selection = ReadonlyMap<string, ReadonlySet<string> | undefined>;

/** What the tests get to see instead of a source file. */
export type Change = (path: string, text: string) => string;

export interface Suite {
  readonly files: readonly string[];
  /** From now on; `forget` files whose text it changes. */
  change(change: Change): void;
  forget(path: string): void;
  /** Whether the tests have loaded a file since it was forgotten. */
  hasLoaded(path: string): boolean;
  /** Runs tests, by their ids, or whole files, in the order given, and ends with the first failure. Who hangs fails. */
  firstFailure(tests: Selection, limit?: number): Promise<Failure | undefined>;
  /** How long a test took when it last passed, in milliseconds. */
  duration(test: string): number;
  close(): Promise<void>;
}

export async function openSuite(): Promise<Suite> {
  const loaded = new Set<string>();
  const durations = new Map<string, number>();
  /** Vitest answers with what came of every file so far, and not only of those that it ran last. */
  const judged = new WeakSet<TestModule>();
  let order: readonly string[] = [];
  let change: Change = (_path, text) => text;

  class InOrder {
    sort(specifications: TestSpecification[]): TestSpecification[] {
      const place = ({ moduleId }: TestSpecification): number => order.indexOf(relative('.', moduleId));
      return specifications.sort((a, b) => place(a) - place(b));
    }
    shard(specifications: TestSpecification[]): TestSpecification[] {
      return specifications;
    }
  }

  // Not vitest.config.ts: plugins given here do not reach the projects of a configuration.
  const vitest = await createVitest(
    'test',
    {
      config: false,
      watch: false,
      include: ['test/**/*.test.ts'],
      exclude: ['test/real/**'],
      testTimeout: 60_000,
      bail: 1,
      reporters: [{}],
      // A new worker for every file of every run, so that no module outlives what it was made from.
      isolate: true,
      maxWorkers: 1,
      sequence: { sequencer: InOrder },
    },
    {
      plugins: [
        {
          name: 'weakened-guard',
          enforce: 'pre',
          transform(code: string, id: string) {
            const [file = ''] = id.split('?');
            const path = relative('.', file);
            if (!path.startsWith('src/')) return undefined;
            loaded.add(path);
            if (code !== readFileSync(file, 'utf8')) throw new Error(`${path} is not what stands on disk`);
            return change(path, code);
          },
        },
      ],
    },
  );
  const specifications = new Map(
    (await vitest.getRelevantTestSpecifications()).map((one) => [relative('.', one.moduleId), one]),
  );

  return {
    files: [...specifications.keys()].sort(),
    change: (to) => {
      change = to;
    },
    forget: (path) => {
      loaded.delete(path);
      vitest.invalidateFile(resolve(path));
    },
    hasLoaded: (path) => loaded.has(path),
    firstFailure: async (tests, limit) => {
      order = [...tests.keys()];
      const asked = [...tests].map(([file, ids]) => {
        const all = specifications.get(file);
        if (all === undefined) throw new Error(`${file} is no test file`);
        return ids === undefined ? all : all.project.createSpecification(all.moduleId, { testIds: [...ids] });
      });
      const { isLate, testModules, unhandledErrors } = await run(vitest, asked, limit);
      const modules = testModules.filter((one) => !judged.has(one));
      for (const one of modules) judged.add(one);
      const ran = modules.flatMap((one) => [...one.children.allTests('passed')]);
      for (const test of ran) durations.set(test.id, test.diagnostic()?.duration ?? 0);
      for (const one of modules) {
        const failure = failureIn(one);
        if (failure !== undefined) return failure;
      }
      const [first] = unhandledErrors;
      if (isLate || first !== undefined)
        return { file: '', test: 'outside of any test', message: isLate ? 'hangs' : String(first) };
      for (const id of [...tests.values()].flatMap((ids) => [...(ids ?? [])]))
        if (!ran.some((test) => test.id === id)) throw new Error(`the test ${id} did not run`);
      return undefined;
    },
    duration: (test) => durations.get(test) ?? 0,
    close: () => vitest.close(),
  };
}

function failureIn(module: TestModule): Failure | undefined {
  const file = relative('.', module.moduleId);
  for (const test of module.children.allTests('failed'))
    return { file, test: `${file}: ${test.fullName}`, message: test.result().errors?.[0]?.message ?? '' };
  for (const { message } of module.errors()) return { file, test: file, message };
  for (const suite of module.children.allSuites())
    for (const { message } of suite.errors()) return { file, test: `${file}: ${suite.fullName}`, message };
  return undefined;
}

/** Asked to stop a second time, vitest ends the worker by force. */
async function run(vitest: Vitest, specifications: TestSpecification[], limit?: number) {
  let isLate = false;
  const stop = (): void => {
    isLate = true;
    void vitest.cancelCurrentRun('keyboard-input');
    void vitest.cancelCurrentRun('keyboard-input');
  };
  const timer = limit === undefined ? undefined : setTimeout(stop, limit);
  try {
    return { ...(await vitest.runTestSpecifications(specifications)), isLate };
  } finally {
    clearTimeout(timer);
  }
}
