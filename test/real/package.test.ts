// From a fresh copy of the source to the package that is published: without foreign scripts, and the same to the byte.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';

const top = join(import.meta.dirname, '../..');
/** What packing and building read; the rest of a clone makes no difference to the package. */
const source = ['bin', 'src', 'supply-chain', 'package.json', 'package-lock.json', '.npmrc']
  .concat(['tsconfig.json', 'tsconfig.build.json'])
  .concat(['LICENSE', 'README.md', 'CHANGELOG.md']);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dct-package-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The machine's own variables, for npm's cache, without those that npm hands to scripts such as the one that tests run in. */
const ownEnvironment = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
const environment = Object.fromEntries(
  ownEnvironment.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);

/** Runs a command line in a folder below `directory`, and answers with its outcome. @throws when it fails */
async function shell(
  folder: string,
  line: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const cwd = join(directory, folder);
  const outcome = await runCommand('sh', ['-c', line], { cwd, env: { ...environment, ...more } });
  expect(outcome.code, `${line}\n${outcome.stdout}${outcome.stderr}`).toBe(0);
  return outcome;
}

async function packed(folder: string): Promise<Buffer> {
  const [file = '', ...others] = await readdir(join(directory, folder, 'out'));
  expect(others).toEqual([]);
  return readFile(join(directory, folder, 'out', file));
}

describeReal([], 'the package', () => {
  it('installs without foreign scripts, is packed twice to the same bytes, and works', async () => {
    await mkdir(join(directory, 'usual'));
    for (const name of source) await cp(join(top, name), join(directory, 'usual', name), { recursive: true });
    // Another folder, another umask, another time zone and language, files of an older build, and modules from elsewhere.
    const odd = 'odd/a folder with a name';
    await mkdir(join(directory, odd), { recursive: true });
    await shell(odd, `umask 077 && cp -R ${source.map((name) => `"${join(top, name)}"`).join(' ')} .`);
    await symlink(join(top, 'node_modules'), join(directory, odd, 'node_modules'));
    await mkdir(join(directory, odd, 'dist'));
    await writeFile(join(directory, odd, 'dist/of-an-older-build.js'), '');

    await shell('usual', 'npm ci --ignore-scripts --prefer-offline --no-audit');
    const lines = await Promise.all([
      shell('usual', 'npm run --silent package out'),
      shell(odd, 'umask 077 && npm run --silent package out', { TZ: 'Pacific/Chatham', LC_ALL: 'C' }),
    ]);
    expect((await packed('usual')).equals(await packed(odd))).toBe(true);
    const [usual = '', other] = lines.map(({ stdout }) => stdout.split(' ')[0]);
    expect(usual).toMatch(/^[0-9a-f]{64}$/u);
    expect(other).toBe(usual);

    const home = join(directory, 'home');
    await mkdir(home);
    const { stdout } = await shell('usual', 'node bin/dct.js demo', { HOME: home, TMPDIR: home });
    expect(stdout).toContain('Everything happened as it should.');
  }, 300_000);
});
