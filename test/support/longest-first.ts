// The order of test files: the longest first, so that no processor waits while another one has the last of them alone.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By name, as measured; a wrong place costs a little time and nothing else. */
const longest = [
  'compose',
  'rotation-killed',
  'parallel-signers',
  'matrix',
  'package',
  'oracle',
  'defects',
  'runtime-podman',
  'soak',
  'runtime-dockerd',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(`/test/real/${name}.test.ts`));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
