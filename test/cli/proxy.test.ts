// `dct proxy`: what it starts, what it prints when ready, and how it stops.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { Gun } from '../../src/base/reference.ts';
import type { Services } from '../../src/cli/services.ts';
import { workerCount } from '../../src/cli/workers.ts';
import type { Registry } from '../../src/registry/types.ts';
import { run } from './support.ts';

/** A proxy that is told to stop as soon as it runs. */
async function start(options: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const controller = new AbortController();
  const log: string[] = [];
  const started: Parameters<Services['startProxy']>[0][] = [];
  const services: Partial<Services> = {
    registry: (host) => Promise.resolve({ host } as Registry),
    hashOnThreads: (count) => Promise.resolve(void log.push(`threads ${count}`)),
    trust: (host, firstUse) => {
      log.push(`trust ${host}: ${firstUse}`);
      return Promise.resolve({ update: () => Promise.reject(new Error('nobody pulls here')) });
    },
    blobCache: (choice) => {
      log.push(`cache ${choice.directory}: ${choice.maxBytes} bytes`);
      return Promise.resolve(undefined);
    },
    startProxy: (given) => {
      started.push(given);
      queueMicrotask(() => controller.abort());
      const close = () => Promise.resolve(void log.push('drained'));
      return Promise.resolve({
        url: 'http://127.0.0.1:4711',
        adminUrl: undefined,
        counts: () => ({}),
        close,
      });
    },
    close: () => Promise.resolve(void log.push('closed')),
  };
  const outcome = await run(['proxy', ...options], { services, files, interrupted: controller.signal });
  return { ...outcome, log, started: started[0] };
}

it('says where it listens, and stops with exit code 0 after the last answer', async () => {
  const { code, stdout, log } = await start(['--registry', 'a.test']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'dct proxy listening on http://127.0.0.1:4711\n' });
  expect(log.slice(-2)).toEqual(['drained', 'closed']);
});

it('says so in JSON', async () => {
  expect(JSON.parse((await start(['--registry', 'a.test', '--json'])).stdout)).toEqual({
    listening: 'http://127.0.0.1:4711',
  });
});

describe('options', () => {
  it('have safe defaults: this machine only, nothing trusted on first use', async () => {
    const { started, log } = await start(['--registry', 'a.test']);
    expect(started).toMatchObject({ listen: { host: '127.0.0.1', port: 5001 }, refreshMs: 60_000 });
    expect(log).toContain('trust a.test: refuse');
  });

  it('name several registries in order', async () => {
    const { started } = await start(['--registry', 'b.test:5000', '--registry', 'a.test']);
    expect(started?.upstreams.map(({ host, registry }) => [host, registry.host])).toEqual([
      ['b.test:5000', 'b.test:5000'],
      ['a.test', 'a.test'],
    ]);
  });

  it.each([
    { options: ['--listen', '[::1]:0'], listen: { host: '::1', port: 0 } },
    { options: ['--listen', 'localhost:80'], listen: { host: 'localhost', port: 80 } },
    { options: ['--listen', '0.0.0.0:80', '--allow-plain-http'], listen: { host: '0.0.0.0', port: 80 } },
  ])('$options', async ({ options, listen }) => {
    expect((await start(['--registry', 'a.test', ...options])).started?.listen).toEqual(listen);
  });

  it('--tofu and --refresh reach the doors', async () => {
    const { started, log } = await start(['--registry', 'a.test', '--tofu', '--refresh', '5']);
    expect(started?.refreshMs).toBe(5000);
    expect(log).toContain('trust a.test: accept');
  });

  it('--workers says how many threads hash', async () => {
    expect((await start(['--registry', 'a.test', '--workers', '3'])).log).toContain('threads 3');
  });
});

describe('without --workers, each processor beyond two gets a thread that hashes', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 1],
    [6, 4],
    [64, 4],
  ])('%i processors: %i', (processors, threads) => {
    expect(workerCount(undefined, processors)).toBe(threads);
    expect(workerCount('0', processors)).toBe(0);
  });
});

it('an address that is taken is a usage error', async () => {
  const refuse = () =>
    Promise.reject(new DctError('LISTEN_FAILED', { address: '127.0.0.1:5001', problem: 'EADDRINUSE' }));
  const services: Partial<Services> = {
    registry: (host) => Promise.resolve({ host } as Registry),
    trust: () => Promise.resolve({ update: () => Promise.reject(new Error('unused')) }),
    hashOnThreads: () => Promise.resolve(),
    startProxy: refuse,
  };
  expect(await run(['proxy', '--registry', 'a.test', '--no-cache'], { services })).toMatchObject({
    code: 2,
    stdout: '',
  });
});

describe('--policy and --audit', () => {
  const gun = 'a.test/app' as Gun;

  it('without them tags must be signed everywhere, and nothing is let through', async () => {
    const { started } = await start(['--registry', 'a.test']);
    expect(started).toMatchObject({ audit: false });
    expect(started).not.toHaveProperty('policy');
  });

  it('the rules of the file decide', async () => {
    const files = { '/project/policy.json': '{"rules": [{"match": "a.test", "require": "digest-only"}]}' };
    const { started } = await start(['--registry', 'a.test', '--policy', 'policy.json'], files);
    expect(started?.policy?.ruleFor(gun)).toMatchObject({ require: 'digest-only' });
  });

  it('PO-02: a file that is wrong or missing is a usage error, and nothing is started', async () => {
    for (const files of [{}, { '/project/policy.json': '{"rules": []}' }]) {
      const { code, stderr, started } = await start(
        ['--registry', 'a.test', '--policy', 'policy.json', '--json'],
        files,
      );
      expect([code, started]).toEqual([2, undefined]);
      expect(stderr).toContain('"POLICY_INVALID"');
    }
  });

  it('an audit is said aloud', async () => {
    const { started, stderr } = await start(['--registry', 'a.test', '--audit']);
    expect(started).toMatchObject({ audit: true });
    expect(stderr).toContain('--audit: what trust and policy refuse is served');
  });
});
