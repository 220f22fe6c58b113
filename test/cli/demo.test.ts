// `dct demo`: the story from beginning to end, and the ways in which it ends early.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Transport } from '../../src/base/ports.ts';
import { localFiles } from '../../src/cli/local-files.ts';
import { main } from '../../src/cli/main.ts';
import { openServices } from '../../src/cli/open-services.ts';
import type { OpenServices, Services } from '../../src/cli/services.ts';
import { scenes } from '../../src/cli/demo/story.ts';
import { errorOf, fakeIo, type Outcome, type World } from './support.ts';

/** Plays with real servers on loopback; `change` makes some door lie. */
async function play(
  argv: readonly string[],
  world: World = {},
  change: (services: Services) => Partial<Services> = () => ({}),
  watch: (text: string) => void = () => undefined,
): Promise<Outcome & { readonly directory: string }> {
  const written = { stdout: '', stderr: '' };
  let directory = '';
  const open: OpenServices = async (given) => {
    const services = await openServices(given);
    const startSandbox: Services['startSandbox'] = async (options) => {
      const sandbox = await services.startSandbox(options);
      directory = dirname(sandbox.settings.caFile);
      return sandbox;
    };
    return { ...services, startSandbox, ...change({ ...services, startSandbox }) };
  };
  const stdout = {
    isTerminal: false,
    write: (text: string) => {
      written.stdout += text;
      watch(text);
    },
  };
  // The commands inside of the demo work on real files in the sandbox's own directory.
  const io = { ...fakeIo(world, written), clock: { now: () => Date.now() }, files: localFiles, stdout };
  const code = await main(['demo', ...argv], io, open);
  return { code, ...written, directory };
}

describe('the story', () => {
  it('ends well, and leaves nothing', async () => {
    const { code, stdout, stderr, directory } = await play([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { title } of scenes) expect(stdout).toContain(title);
    expect(stdout.match(/✓/g)?.length).toBeGreaterThan(20);
    expect(directory.startsWith(tmpdir())).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });

  it('is told in one object under --json, and waits for Enter after every scene when it is asked to', async () => {
    let asked = 0;
    const ask = () => Promise.resolve(String(++asked));
    const { code, stdout } = await play(['--json', '--step'], { ask });
    expect({ code, told: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      told: { held: true, scenes: scenes.map(({ title }) => title) },
    });
    expect(asked).toBe(scenes.length);
  });

  it('goes on until it is stopped when the sandbox is to be kept', async () => {
    const controller = new AbortController();
    let alive = false;
    let directory = '';
    const remember = (services: Services): Partial<Services> => ({
      startSandbox: async (options) => {
        const sandbox = await services.startSandbox(options);
        directory = dirname(sandbox.settings.caFile);
        return sandbox;
      },
    });
    const outcome = await play(['--keep'], { interrupted: controller.signal }, remember, (text) => {
      if (!text.includes('until Ctrl-C')) return;
      alive = existsSync(directory);
      controller.abort();
    });
    expect({ code: outcome.code, alive, left: existsSync(directory) }).toEqual({
      code: 0,
      alive: true,
      left: false,
    });
  });
});

describe('the story ends early', () => {
  /** Pulls the signed image when the unsigned one is asked for, as if the proxy had let it pass. */
  const lying = (services: Services): Partial<Services> => ({
    transport: async () => {
      const honest = await services.transport();
      const lie: Transport = (request) => {
        const asked = request.url.href;
        const url = new URL(request.method === 'GET' ? asked.replace(/unsigned$/, 'latest') : asked);
        return honest({ ...request, url });
      };
      return lie;
    },
  });

  it('with exit code 70 when an expectation does not hold', async () => {
    const outcome = await play(['--json'], {}, lying);
    expect(outcome.code).toBe(70);
    expect(errorOf(outcome)).toMatchObject({
      code: 'DEMO_FAILED',
      facts: { expectation: 'the proxy refuses it, and says why' },
    });
    expect(existsSync(outcome.directory)).toBe(false);
  });

  it('with exit code 130 when it is interrupted, and leaves nothing', async () => {
    const controller = new AbortController();
    const ask = () => {
      controller.abort();
      return Promise.resolve('');
    };
    const outcome = await play(['--step', '--json'], { ask, interrupted: controller.signal });
    expect(outcome.code).toBe(130);
    expect(existsSync(outcome.directory)).toBe(false);
  });

  it('before it begins when it is to wait for Enter and there is no terminal', async () => {
    const outcome = await play(['--step', '--json']);
    expect({ code: outcome.code, error: errorOf(outcome).code, directory: outcome.directory }).toEqual({
      code: 2,
      error: 'USAGE',
      directory: '',
    });
  });
});
