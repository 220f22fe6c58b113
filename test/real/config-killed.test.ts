// ST-01: an edit of the configuration that is killed at any file operation leaves the old text or the new one, and no lock.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dyingAt, oneOfEachKind, operationsOf, type RunWith } from '../support/real/dies-at-operation.ts';
import { runCommand } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { dctProgram } from '../support/real/sandbox-process.ts';
import { searchPath } from '../support/real/search-path.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dct-config-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const key = 'a'.repeat(64);
const file = (): string => join(home, 'config/dct/config.json');
const pinning =
  (name: string): RunWith =>
  (env) =>
    runCommand(process.execPath, [dctProgram, 'pin', 'add', `registry.test/${name}`, key], {
      env: { PATH: searchPath, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ...env },
      cwd: home,
    });

async function pinned(): Promise<readonly string[]> {
  const { pins } = JSON.parse(await readFile(file(), 'utf8')) as { pins: Readonly<Record<string, unknown>> };
  return Object.keys(pins).sort();
}

describeReal([], 'dct pin add', () => {
  it('is whole or not done after a kill at every kind of operation, and the next one is', async () => {
    await mkdir(join(home, 'config'));
    expect((await pinning('first')({})).code).toBe(0);
    const kinds = await operationsOf(home, pinning('second'));
    expect(kinds.length).toBeGreaterThan(5);
    let expected = ['registry.test/first', 'registry.test/second'];
    for (const operation of oneOfEachKind(kinds)) {
      const name = `killed${operation}`;
      await dyingAt(home, operation, pinning(name));
      const after = await pinned();
      const done = [...expected, `registry.test/${name}`].sort();
      expect([expected, done]).toContainEqual(after);
      expect((await pinning(name)({})).code, 'the next command does it').toBe(0);
      expect(await pinned()).toEqual(done);
      expected = done;
    }
  });
});
