// The table at the end of a run: everything that tests measured, beside its bound.
import type { Reporter, TestModule } from 'vitest/node';
import type {} from './measured.ts';

/** Prints nothing when nothing was measured. */
export default class MeasuredReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap(({ children }) =>
      [...children.allTests()].flatMap((test) =>
        (test.meta().measured ?? []).map(
          ({ what, value, bound }) => `${pad(value)} ${pad(bound)}   ${what}: ${test.name}`,
        ),
      ),
    );
    if (rows.length === 0) return;
    process.stdout.write(`\n${['measured', '   bound'].join(' ')}   what\n${rows.join('\n')}\n`);
  }
}

function pad(value: number): string {
  return value.toFixed(0).padStart(8);
}
