// What tests measure beside the bounds that it must stay below: checked at once, and shown together at the end of a run.
import { expect, type TestContext } from 'vitest';

export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly bound: number;
}

declare module 'vitest' {
  interface TaskMeta {
    measured?: readonly Measured[];
  }
}

/** Fails when the value is not below its bound; the report has both in any case. `what` names its unit. */
export function expectBelow({ meta }: TestContext['task'], measured: Measured): void {
  meta.measured = [...(meta.measured ?? []), measured];
  expect(measured.value, measured.what).toBeLessThan(measured.bound);
}
