// `dct sandbox`: what is started, what is printed, and which orders the attacks become.
import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../src/base/bytes.ts';
import type { HttpRequest, Transport } from '../../src/base/ports.ts';
import type { Services } from '../../src/cli/services.ts';
import { errorOf, run, type Outcome } from './support.ts';

const settings = {
  caFile: '/tmp/s/ca.crt',
  dockerDirectory: '/tmp/s/docker',
  shell: ['export DOCKER_CONFIG=/tmp/s/docker'],
  shellFile: '/tmp/s/env.sh',
};

/** A sandbox that is told to stop as soon as it runs. */
async function up(options: readonly string[]): Promise<Outcome & { readonly log: readonly unknown[] }> {
  const controller = new AbortController();
  const log: unknown[] = [];
  const startSandbox: Services['startSandbox'] = (given) => {
    log.push(given);
    queueMicrotask(() => controller.abort());
    return Promise.resolve({
      registry: 'localhost:5000',
      notary: 'https://localhost:4443',
      settings,
      attack: () => Promise.resolve([]),
      close: () => Promise.resolve(void log.push('closed')),
    });
  };
  const argv = ['sandbox', 'up', ...options];
  const outcome = await run(argv, { services: { startSandbox }, interrupted: controller.signal });
  return { ...outcome, log };
}

describe('up', () => {
  it('tells the addresses, the authority, and the shell lines, and stops with exit code 0', async () => {
    const { code, stdout, log } = await up([]);
    expect(code).toBe(0);
    for (const part of [
      'http://localhost:5000',
      'https://localhost:4443',
      settings.caFile,
      settings.shellFile,
    ])
      expect(stdout).toContain(part);
    expect(log).toEqual([{ registryPort: 5000, notaryPort: 4443 }, 'closed']);
  });

  it('tells the same as JSON', async () => {
    expect(JSON.parse((await up(['--json'])).stdout)).toEqual({
      registry: 'localhost:5000',
      notary: 'https://localhost:4443',
      ca: settings.caFile,
      dockerConfig: settings.dockerDirectory,
      shell: settings.shell,
      shellFile: settings.shellFile,
    });
  });

  it.each([
    {
      options: ['--registry-port', '0', '--notary-port', '65535'],
      given: { registryPort: 0, notaryPort: 65535 },
    },
    { options: ['--dir', 'kept'], given: { directory: '/project/kept' } },
    { options: ['--dir', '/kept'], given: { directory: '/kept' } },
    { options: ['--timestamp-lifetime', '30'], given: { timestampLifetimeMs: 30_000 } },
  ])('takes $options', async ({ options, given }) => {
    expect((await up(options)).log[0]).toMatchObject(given);
  });

  it.each([
    ['--registry-port', '65536'],
    ['--notary-port', 'x'],
    ['--notary-port', '-1'],
    ['--timestamp-lifetime', '0'],
    ['--timestamp-lifetime', '1h'],
  ])('refuses %s %s before anything is started', async (...options) => {
    const outcome = await up([...options, '--json']);
    expect(outcome).toMatchObject({ code: 2, log: [] });
    expect(errorOf(outcome).code).toBe('USAGE');
  });
});

/** Runs an attack against a sandbox that does whatever it is told. */
async function attack(
  ...argv: readonly string[]
): Promise<Outcome & { readonly sent: readonly HttpRequest[] }> {
  const sent: HttpRequest[] = [];
  const transport: Transport = (request) => {
    sent.push(request);
    const body = utf8('{"lines":["done"]}');
    return Promise.resolve({
      status: 200,
      headers: {},
      body: { deliver: async (onChunk) => onChunk(body), cancel: () => undefined },
    });
  };
  const services = { transport: () => Promise.resolve(transport) };
  return { ...(await run(['sandbox', ...argv], { services })), sent };
}

describe('attacks', () => {
  const [host, name] = ['localhost:5000', 'localhost:5000/test/a'];
  const digest = `sha256:${'0'.repeat(64)}`;
  const corrupt = { attack: 'corrupt', repository: 'test/a', reference: 'latest', layer: 1, how: 'flip-bit' };
  it.each<{ argv: string[]; order: object }>([
    { argv: ['corrupt', `${name}:latest`], order: corrupt },
    { argv: ['corrupt', name], order: corrupt },
    {
      argv: ['corrupt', `${name}@${digest}`, '--layer', '2', '--truncate'],
      order: { ...corrupt, reference: digest, layer: 2, how: 'truncate' },
    },
    { argv: ['corrupt', `${name}:latest`, '--extend'], order: { ...corrupt, how: 'extend' } },
    { argv: ['corrupt', `${name}:latest`, '--replace'], order: { ...corrupt, how: 'replace' } },
    { argv: ['freeze', name], order: { attack: 'freeze', gun: name } },
    { argv: ['rollback', name], order: { attack: 'rollback', gun: name, publications: 1 } },
    {
      argv: ['rollback', name, '--publications', '3'],
      order: { attack: 'rollback', gun: name, publications: 3 },
    },
    {
      argv: ['swap-tag', `${name}:v1`, 'v2'],
      order: { attack: 'swap-tag', repository: 'test/a', tag: 'v1', other: 'v2', gun: name },
    },
    {
      argv: ['swap-tag', `${name}:v1`, 'v2', '--registry-only'],
      order: { attack: 'swap-tag', repository: 'test/a', tag: 'v1', other: 'v2' },
    },
    { argv: ['restore', name], order: { attack: 'restore', repository: 'test/a', gun: name } },
  ])('$argv', async ({ argv, order }) => {
    const { code, stdout, sent } = await attack(...argv);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' });
    expect(sent.map(({ url }) => url.host)).toEqual([host]);
    expect(JSON.parse(decodeUtf8(sent[0]?.body ?? new Uint8Array()) ?? '')).toEqual(order);
  });

  it.each([
    { argv: ['corrupt', `${name}:latest`, '--layer', '0'], code: 'USAGE' },
    { argv: ['corrupt', `${name}:latest`, '--truncate', '--extend'], code: 'USAGE' },
    { argv: ['rollback', name, '--publications', '-1'], code: 'USAGE' },
    { argv: ['freeze', 'NOT A NAME'], code: 'REFERENCE_INVALID' },
    { argv: ['swap-tag', `${name}:v1`], code: 'USAGE' },
    { argv: ['explode', name], code: 'USAGE' },
  ])('$argv is refused, and nobody is asked', async ({ argv, code }) => {
    const outcome = await attack(...argv, '--json');
    expect(outcome).toMatchObject({ code: 2, sent: [] });
    expect(errorOf(outcome).code).toBe(code);
  });
});
