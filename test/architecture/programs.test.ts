// Every program that a test may ask for is installed by `.ci/run`, so that nothing is missing on a fresh machine.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const [, union = ''] = /export type Program =\n([^;]*);/.exec(read('test/support/real/requirement.ts')) ?? [];
const programs = [...union.matchAll(/'([a-z-]+)'/g)].map(([, name = '']) => name);
const packages = new Map(
  [...read('.ci/run').matchAll(/^ {2}\[([a-z-]+)\]="?([a-z0-9. -]+)"?$/gm)].map(([, program, names]) => [
    program ?? '',
    (names ?? '').split(' '),
  ]),
);

/** Debian packages that no Debian machine is without, or that others bring along. */
const always = ['bash', 'bsdutils', 'util-linux', 'containerd', 'libsecret-1-0', 'nodejs', 'npm'];

describe('the programs that tests ask for', () => {
  it('are known', () => {
    expect(programs.length).toBeGreaterThan(10);
  });

  it.each(programs)('%s: .ci/run installs it, and so does the second command of the README', (program) => {
    const names = packages.get(program);
    expect(names).toBeDefined();
    const [, command = ''] = /apt-get install -y ([\s\S]*?)&&/.exec(read('README.md')) ?? [];
    for (const name of names ?? []) if (!always.includes(name)) expect(command.split(/\s+/)).toContain(name);
  });
});
