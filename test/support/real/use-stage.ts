// The stage as the tests of one `describe` share it.
import { afterAll, beforeAll } from 'vitest';
import { setStage, type Stage } from './stage.ts';

/** Sets a stage before the tests of the enclosing `describe` and clears it after them; empty until then. */
export function useStage(): Stage {
  const stage = {} as Stage;
  beforeAll(async () => {
    Object.assign(stage, await setStage());
  });
  afterAll(() => stage.clear());
  return stage;
}
