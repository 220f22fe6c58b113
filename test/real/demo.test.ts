// `dct demo` as the first command of somebody who has nothing but Node: no settings, no network, nothing left behind.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand, type Outcome, type Server, startServer, until } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { dctProgram } from '../support/real/sandbox-process.ts';
import { searchPath } from '../support/real/search-path.ts';

let home: string;
let temporary: string;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dct-'));
  [home, temporary] = [join(directory, 'home'), join(directory, 'tmp')];
  await Promise.all([home, temporary].map((path) => mkdir(path)));
});
afterEach(async () => {
  // Whatever way it ended.
  const left = { home: await readdir(home), temporary: await readdir(temporary) };
  await rm(directory, { recursive: true, force: true });
  expect(left).toEqual({ home: [], temporary: [] });
});

const environment = (): Record<string, string> => ({ PATH: searchPath, HOME: home, TMPDIR: temporary });
const demo = (...args: readonly string[]): Promise<Outcome> =>
  runCommand(process.execPath, [dctProgram, 'demo', ...args], { env: environment(), cwd: home });
/** Answers as soon as it said `words`. */
const demoUpTo = (words: string, ...args: readonly string[]): Promise<Server> =>
  startServer(process.execPath, [dctProgram, 'demo', ...args], { env: environment(), cwd: home }, (server) =>
    server.stdout().includes(words),
  );

const ending = 'Everything happened as it should.';

describeReal([], 'dct demo', () => {
  it('tells the whole story to somebody with an empty home, on standard output alone', async () => {
    const { code, stdout, stderr } = await demo();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const numbers = [...stdout.matchAll(/^(\d+)\/(\d+) {2}\S/gmu)];
    expect(numbers.map(([, number]) => Number(number))).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.at(-1)?.[1]).toBe(numbers.at(-1)?.[2]);
    expect(stdout).toContain(ending);
    expect(stdout, 'where the story is played').not.toContain(home);
  });

  it('needs no HOME and no other variable', async () => {
    const env = { PATH: searchPath, TMPDIR: temporary };
    const { code, stdout } = await runCommand(process.execPath, [dctProgram, 'demo'], { env, cwd: home });
    expect(code).toBe(0);
    expect(stdout).toContain(ending);
  });

  it('is not led astray by settings that belong to something else', async () => {
    const env = {
      ...environment(),
      DOCKER_CONFIG: '/nonexistent/docker',
      DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:1',
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'of another root key',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'of other keys',
    };
    expect((await runCommand(process.execPath, [dctProgram, 'demo'], { env, cwd: home })).code).toBe(0);
  });

  it('--json: one object, when it is over', async () => {
    const { code, stdout, stderr } = await demo('--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { held, scenes } = JSON.parse(stdout) as { held: boolean; scenes: string[] };
    expect(held).toBe(true);
    expect(scenes.length).toBeGreaterThan(5);
  });

  it('--step without a terminal: exit 2 before anything is started', async () => {
    const { code, stdout, stderr } = await demo('--step');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
  });

  it.each([
    ['SIGINT', 'at the beginning', 'dct sandbox up'],
    ['SIGINT', 'in the middle of signing', '$ dct sign '],
    ['SIGINT', 'while the proxy runs', '$ docker pull '],
    ['SIGTERM', 'during an attack', '$ dct sandbox corrupt '],
    ['SIGINT', 'near the end', '$ dct key rotate '],
  ] as const)('%s %s: exit 130, nothing left', async (signal, _, words) => {
    const running = await demoUpTo(words);
    running.signal(signal);
    expect(await running.ended).toBe(130);
    expect(running.log()).toContain('dct: interrupted\n');
    expect(running.log()).not.toContain(ending);
  });

  it('--keep: the sandbox goes on until Ctrl-C, and its ending is the same', async () => {
    const running = await demoUpTo('until Ctrl-C', '--keep');
    const [, shellFile = ''] = /^ {2}\. (\S+)$/mu.exec(running.stdout()) ?? [];
    await until(() => existsSync(shellFile), 'the settings');
    const [, registry = ''] = /registry +(http:\S+)/u.exec(running.stdout()) ?? [];
    expect((await fetch(`${registry}/v2/`)).status).toBe(200);
    running.signal('SIGINT');
    expect(await running.ended).toBe(0);
    expect(running.stdout()).toContain(ending);
    await expect(fetch(`${registry}/v2/`)).rejects.toThrow();
  });
});

/** Runs a command in a network of its own, with loopback and nothing else. */
const alone = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] as const;
const network = mayUnshare() ? 'no network' : 'no network [unshare -rn is not permitted here]';

describeReal(['ip', 'unshare'], network, () => {
  it.runIf(mayUnshare())('the demo tells the whole story all the same', async () => {
    const outside = "fetch('http://192.0.2.1/').then(() => 0, (error) => console.log(error.cause.code))";
    const env = environment();
    const asked = await runCommand('unshare', [...alone, process.execPath, '-e', outside], {
      env,
      cwd: home,
    });
    expect(asked.stdout, 'there is no way out').toBe('ENETUNREACH\n');
    const told = await runCommand('unshare', [...alone, process.execPath, dctProgram, 'demo'], {
      env,
      cwd: home,
    });
    expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 0, stderr: '' });
    expect(told.stdout).toContain(ending);
  });
});

function mayUnshare(): boolean {
  try {
    execFileSync('unshare', [...alone, 'true'], { stdio: 'ignore', env: { PATH: searchPath } });
    return true;
  } catch {
    return false;
  }
}
