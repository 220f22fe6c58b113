// Which real programs a test needs, and what happens when one of them is not installed.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

export type Program = 'docker' | 'docker-registry' | 'notary' | 'notary-server' | 'openssl' | 'skopeo';

/** Debian keeps some servers where an ordinary user's PATH does not look. */
const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];

/** The PATH that child processes get: the caller's, and the directories of servers. */
export const searchPath = directories.join(delimiter);

/** The file that `program` would start, or undefined when it is not installed. */
export function whichProgram(program: string): string | undefined {
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

/**
 * A `describe` for tests against real programs. On a machine without one of them the tests are skipped and the title
 * says why; where `CI` is set they fail, so that a broken installation never looks like a pass.
 */
export function describeReal(programs: readonly Program[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => whichProgram(program) === undefined);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const reason = `not installed: ${missing.join(', ')}`;
  if (process.env['CI'] === undefined || process.env['CI'] === '') {
    describe.skip(`${name} [${reason}]`, tests);
    return;
  }
  describe(name, () => {
    it('finds the programs that it runs against', () => {
      expect.fail(reason);
    });
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
