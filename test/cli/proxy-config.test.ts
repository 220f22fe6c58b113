// `dct proxy config`, `dct proxy ca` and the options for tunnels, as they are typed.
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run as runIn, type Outcome, type World } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'dct-proxy-config-'));
afterAll(() => rm(root, { recursive: true }));
/** None of these opens a door. */
const run = (args: readonly string[], world: World = {}): Promise<Outcome> =>
  runIn(args, { services: {}, ...world });
const registry = ['--registry', 'registry.test:5000'];
const hosts = 'etc/containerd/certs.d/registry.test:5000/hosts.toml';

describe('dct proxy config', () => {
  it('prints each file with its path and what to do then', async () => {
    const { code, stdout } = await run(['proxy', 'config', 'podman', ...registry]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('# /etc/containers/registries.conf.d/50-dct-registry.test-5000.conf');
    expect(lines).toContain('location = "127.0.0.1:5001"');
    expect(lines.at(-3)).toMatch(/^# then: /);
  });

  it('writes them below a directory, and replaces nothing', async () => {
    const directory = join(root, 'written');
    const write = ['proxy', 'config', 'containerd', ...registry, '--write', directory];
    expect((await run(write)).code).toBe(0);
    expect(await readFile(join(directory, hosts), 'utf8')).toContain('server = "http://127.0.0.1:5001"');
  });

  it('writes what every user of the machine may read, as rootless runtimes have to', async () => {
    const directory = join(root, 'readable');
    await run(['proxy', 'config', 'containerd', ...registry, '--write', directory]);
    const modeOf = async (path: string): Promise<number> => (await stat(join(directory, path))).mode & 0o777;
    expect([
      await modeOf(hosts),
      await modeOf(dirname(hosts)),
      await modeOf('etc'),
      await modeOf(''),
    ]).toEqual([0o644, 0o755, 0o755, 0o755]);
  });

  it.each([
    ['a runtime that nobody knows', ['rocket', ...registry]],
    ['no registry', ['podman']],
    ['a registry that no image could have', ['podman', '--registry', 'https://registry.test']],
    ['a proxy with a path', ['podman', ...registry, '--proxy', 'http://127.0.0.1:5001/v2/']],
    ['a proxy that is no address', ['podman', ...registry, '--proxy', 'not an address']],
  ])('refuses %s', async (_what, args) => {
    const { code, stderr } = await run(['proxy', 'config', ...args, '--json']);
    expect([code, stderr.includes('"USAGE"')]).toEqual([2, true]);
  });

  it.each([
    ['config', ['config', 'podman', ...registry, '--listen', '0.0.0.0:5001'], '--listen'],
    ['config', ['--no-cache', 'config', 'podman', ...registry], '--no-cache'],
    ['ca', ['ca', ...registry, '--intercept'], '--intercept'],
    ['user', ['user', 'alice', ...registry], '--registry'],
  ])('dct proxy %s refuses options that only the proxy itself has', async (command, args, option) => {
    const { code, stderr } = await run(['proxy', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(`dct proxy ${command}: '${option}`);
  });

  it('explains its own options and those of every command, none of the proxy', async () => {
    const { code, stdout } = await run(['proxy', 'config', '--help']);
    expect([code, stdout.includes('--refuse-others'), stdout.includes('--json')]).toEqual([0, true, true]);
    expect(stdout).not.toContain('--listen');
  });

  it('refuses to replace what somebody wrote by hand', async () => {
    const directory = join(root, 'by-hand');
    const file = join(directory, hosts);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'server = "https://registry.test:5000"\n');
    const write = ['proxy', 'config', 'containerd', ...registry, '--write', directory];
    const { code, stderr } = await run([...write, '--json'], {
      files: { [file]: 'server = "https://registry.test:5000"\n' },
    });
    expect([code, stderr.includes('"SETTINGS_EXIST"')]).toEqual([2, true]);
    expect(await readFile(file, 'utf8')).toBe('server = "https://registry.test:5000"\n');
  });
});

describe('the options for tunnels', () => {
  it.each([[['--tunnel', 'login.test']], [['--tunnel-others']]])('%j needs --intercept', async (args) => {
    const services = {
      registry: () => Promise.resolve({} as never),
      trust: () => Promise.resolve({} as never),
    };
    const { code, stderr } = await run(['proxy', ...registry, ...args], { services });
    expect([code, stderr.includes('--intercept')]).toEqual([2, true]);
  });
});

describe('dct doctor', () => {
  it('refuses a runtime that nobody knows', async () => {
    const { code, stderr } = await run(['doctor', '--runtime', 'rocket', '--json']);
    expect([code, stderr.includes('"USAGE"')]).toEqual([2, true]);
  });

  it('says when there is no runtime at all', async () => {
    const { code, stderr } = await run(['doctor', '--json'], { env: { PATH: '/nonexistent' } });
    expect([code, stderr.includes('"TRUST_UNPROVEN"')]).toEqual([2, true]);
  });
});
