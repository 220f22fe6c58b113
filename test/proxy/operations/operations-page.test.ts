// docs/operations.md and deploy/ say what the program has: every metric, every bound, and only options that exist.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { serveBounds } from '../../../src/proxy/serve/bounds.ts';
import { startRig } from '../fakes.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
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

describe('docs/operations.md', () => {
  it('has every metric of a proxy, with its kind and its labels', async () => {
    const meters = new MeterRegistry();
    await startRig({ meters });
    const documented = new Map(rows.map(([name = '', kind, labels]) => [name, { kind, labels }]));
    for (const { name, kind, labels } of meters.describe()) {
      expect(documented.get(name), name).toEqual({ kind, labels: labels.join(', ') || 'none' });
    }
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
});
