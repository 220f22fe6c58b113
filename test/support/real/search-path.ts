// Where the real programs are looked for.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps some servers where an ordinary user's PATH does not look. */
const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];

/** The PATH that child processes get: the caller's, and the directories of servers. */
export const searchPath = directories.join(delimiter);

/** Whether there is such a program. */
export function isInstalled(program: string): boolean {
  return programsCalled(program).length > 0;
}

/** All programs of that name, the one that a shell would run first. */
export function programsCalled(name: string): readonly string[] {
  const files = directories.filter((directory) => directory !== '').map((directory) => join(directory, name));
  return files.filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
