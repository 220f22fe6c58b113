// docs/operations.md and deploy/ say what the program has: every metric, every bound, and only options that exist.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { limits } from '../../../src/base/limits.ts';
import { openBlobCache } from '../../../src/blob-cache/index.ts';
import type { Gun } from '../../../src/base/reference.ts';
import { parseConfig } from '../../../src/cli/config.ts';
import { hashPassword, readPolicy, startProxy } from '../../../src/proxy/index.ts';
import type { MeterDescription } from '../../../src/proxy/operations/meter-registry.ts';
import { serveBounds } from '../../../src/proxy/serve/bounds.ts';
import { run } from '../../cli/support.ts';
import { testAuthority } from '../../support/certificates.ts';
import { FakeRegistry, FakeTrust } from '../fakes.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
const page = read('docs/operations.md');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );

/** Starts `dct proxy` with every option that adds something to be measured, and stops it again. */
async function metersOfEverything(): Promise<readonly MeterDescription[]> {
  const directory = await mkdtemp(join(tmpdir(), 'dct-meters-'));
  const authority = testAuthority();
  const { cert, key } = authority.issue('IP:127.0.0.1');
  const files = {
    '/project/cert': cert,
    '/project/key': key,
    '/project/users': `ann:${await hashPassword('correct horse')}\n`,
    '/project/policy': '{"rules": [{"match": "**", "require": "signed"}]}',
  };
  const stopping = new AbortController();
  const given = { clock: { now: () => Date.now() }, notices };
  let described: readonly MeterDescription[] = [];
  const { code, stderr } = await run(
    [
      ...['proxy', '--registry', 'a.test', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
      ...['--tls-cert', 'cert', '--tls-key', 'key', '--users', 'users', '--policy', 'policy'],
      ...['--cache-dir', join(directory, 'cache'), '--decision-log', join(directory, 'log')],
    ],
    {
      files,
      time: Date.now(),
      interrupted: stopping.signal,
      services: {
        registry: (name) => Promise.resolve(new FakeRegistry(name)),
        hashOnThreads: () => Promise.resolve(),
        trust: () => Promise.resolve(new FakeTrust()),
        blobCache: (choice) => openBlobCache({ ...choice, ...given }),
        startProxy: async (options) => {
          const running = await startProxy({ ...options, ...given });
          described = options.meters?.describe() ?? [];
          queueMicrotask(() => stopping.abort());
          return running;
        },
      },
    },
  );
  // What the proxy left running in the background may still give a file its name.
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  authority.close();
  expect([code, stderr]).toEqual([0, expect.stringContaining('stopping')]);
  return described;
}

describe('docs/operations.md', () => {
  it('has every metric of a proxy with all options, with its kind and its labels, and no other', async () => {
    const described = (await metersOfEverything()).map(({ name, kind, labels }) => [
      name,
      kind,
      labels.join(', ') || 'none',
    ]);
    const documented = rows
      .filter(([name = '']) => name.startsWith('dct_'))
      .map(([name, kind, labels]) => [name, kind, labels]);
    expect(documented.sort()).toEqual(described.sort());
  });

  it('has every bound with its default', () => {
    const documented = rows
      .filter(([name = '']) => !name.startsWith('dct_'))
      .map(([name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(documented)).toEqual(serveBounds);
  });
});

describe('deploy/', () => {
  const grammar = read('src/cli/grammar/proxy.ts') + read('src/cli/grammar/runtimes.ts');

  it.each(['deploy/dct-proxy.service', 'deploy/kubernetes.yaml', 'docs/operations.md'])(
    '%s has no option that there is not',
    (path) => {
      const options = [...read(path).matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option);
      const common = ['--verbose', '--quiet'];
      expect(options.length).toBeGreaterThan(2);
      expect(
        options.filter(
          (option) =>
            !common.includes(option) && !grammar.includes(`${option} `) && !grammar.includes(`${option}'`),
        ),
      ).toEqual([]);
    },
  );

  it('stops no sooner than the proxy drains', () => {
    const unit = read('deploy/dct-proxy.service');
    const seconds = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
    expect(seconds(unit, /TimeoutStopSec=(\d+)/)).toBeGreaterThan(seconds(unit, /--drain (\d+)/));
    const manifest = read('deploy/kubernetes.yaml');
    const pause = seconds(manifest, /, (\d+)000\)/);
    expect(seconds(manifest, /terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(
      seconds(manifest, /--drain=(\d+)/) + pause,
    );
  });

  describe('kubernetes.yaml', () => {
    const manifest = read('deploy/kubernetes.yaml');
    const fileOf = (name: string): string => {
      const [, text = ''] = new RegExp(`^  ${name}: \\|\\n((?:    .*\\n)+)`, 'm').exec(manifest) ?? [];
      return text;
    };

    it('has a policy and a configuration that are accepted', () => {
      const policy = readPolicy(utf8(fileOf('policy.json')), 'policy.json');
      expect(policy.ruleFor('registry.example.com/pay/app' as Gun)).toMatchObject({ require: 'signed-by' });
      expect(policy.ruleFor('registry.example.com/app' as Gun)).toMatchObject({ require: 'signed' });
      expect(manifest).toContain('--policy=/etc/dct/policy.json');
      const { registries, pins } = parseConfig(utf8(fileOf('config.json')), '/etc/dct/config.json');
      expect([...registries.keys()]).toEqual(['registry.example.com']);
      expect(pins).toHaveLength(1);
      expect(manifest).toContain('--registry=registry.example.com');
      expect(fileOf('config.json')).toContain('"/etc/dct/root-ca.pem"');
      expect(fileOf('root-ca.pem')).not.toBe('');
    });

    it('CA-11: names paths below its mounts, never a mount itself, which everybody may write into', () => {
      const mounts = [...manifest.matchAll(/mountPath: ([^ ,]+)(, readOnly: true)?/g)].map(
        ([, path = '', readOnly]) => ({ path, writable: readOnly === undefined }),
      );
      const named = [...manifest.matchAll(/(?:- --([a-z-]+)=|name: (\w+), value: )(\/[^ \n]*)/g)].map(
        ([, option, variable, path = '']) => ({ name: option ?? variable, path }),
      );
      const written = ['cache-dir', 'decision-log', 'DOCKER_CONFIG'];
      const wrong = named.filter(
        ({ name = '', path }) =>
          !mounts.some(
            (mount) => path.startsWith(`${mount.path}/`) && mount.writable === written.includes(name),
          ),
      );
      expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(['cache-dir', 'DOCKER_CONFIG']));
      expect([named.length, wrong]).toEqual([6, []]);
    });

    it('has room in half of its memory, which is what Node gives to the heap, for trust data', () => {
      const [, mebibytes] = /limits: \{ memory: (\d+)Mi \}/.exec(manifest) ?? [];
      const trustData = 16 * limits.trustedMetadataBytes;
      expect((Number(mebibytes) * 2 ** 20) / 2 - trustData).toBeGreaterThanOrEqual(128 * 2 ** 20);
    });
  });
});
