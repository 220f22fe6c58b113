// A whole sandbox: what it leaves, what it keeps, and what its settings say.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notices } from '../../src/base/ports.ts';
import { createTransport } from '../../src/http/transport.ts';
import { listen } from '../../src/sandbox/http/listen.ts';
import { startSandbox, type RunningSandbox, type SandboxOptions } from '../../src/sandbox/index.ts';

const silent: Notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
const clock = { now: () => Date.now() };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dct-test-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function within<T>(
  options: Partial<SandboxOptions>,
  work: (sandbox: RunningSandbox) => Promise<T> | T,
): Promise<T> {
  const sandbox = await startSandbox({
    clock,
    notices: silent,
    registryPort: 0,
    notaryPort: 0,
    ...options,
  });
  try {
    return await work(sandbox);
  } finally {
    await sandbox.close();
  }
}

describe('without a directory', () => {
  it('nothing is left, its settings included', async () => {
    const settings = await within({}, (sandbox) => {
      expect(existsSync(sandbox.settings.caFile)).toBe(true);
      return sandbox.settings;
    });
    expect(existsSync(dirname(settings.caFile))).toBe(false);
  });

  it('nothing is left either when the second port is taken, and the first is free again', async () => {
    const port = await within({}, ({ registry }) => Number(registry.split(':')[1]));
    const blocker = await listen(() => Promise.reject(new Error()), { host: '127.0.0.1', port: 0 });
    const options = { registryPort: port, notaryPort: blocker.port };
    await expect(within(options, () => undefined)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      facts: { option: '--notary-port N' },
    });
    expect(await within({ registryPort: port }, ({ registry }) => registry)).toBe(`localhost:${port}`);
    await blocker.close();
  });
});

describe('with a directory', () => {
  it('the same authority comes back, so that clients need not learn another', async () => {
    const first = await within({ directory }, ({ settings }) => readFileSync(settings.caFile, 'utf8'));
    const second = await within({ directory }, ({ settings }) => readFileSync(settings.caFile, 'utf8'));
    expect(second).toBe(first);
  });

  it('two at once are refused, and the first goes on', async () => {
    await within({ directory }, async ({ registry }) => {
      await expect(within({ directory }, () => undefined)).rejects.toMatchObject({ code: 'LOCKED' });
      const transport = createTransport();
      const url = new URL(`http://${registry}/v2/`);
      expect((await transport({ method: 'GET', url, headers: {} })).status).toBe(200);
      await transport.close();
    });
  });
});

describe('the settings of clients', () => {
  it('are shell lines that a shell understands, whatever the directory is called', async () => {
    const odd = join(directory, "it's a $HOME `of` its own");
    await within({ directory: odd }, ({ settings, notary }) => {
      const script = '. "$0"; printf "%s\\n" "$DOCKER_CONFIG" "$DOCKER_CONTENT_TRUST_SERVER"';
      const printed = execFileSync('sh', ['-c', script, settings.shellFile], { env: {} }).toString();
      expect(printed).toBe(`${odd}/docker\n${notary}\n`);
    });
  });

  it('show the authority to docker and dct under the address of the trust server', async () => {
    await within({}, ({ settings, notary }) => {
      const { host } = new URL(notary);
      const shown = readFileSync(join(settings.dockerDirectory, 'tls', host, 'ca.crt'), 'utf8');
      expect(shown).toBe(readFileSync(settings.caFile, 'utf8'));
    });
  });
});

describe('attacks', () => {
  it('need something to attack', async () => {
    await within({}, async ({ attack, registry }) => {
      const gun = `${registry}/test/trusttest`;
      await expect(attack({ attack: 'freeze', gun })).rejects.toMatchObject({ code: 'ATTACK_IMPOSSIBLE' });
      const corrupt = {
        attack: 'corrupt',
        repository: 'test/x',
        reference: 'a',
        layer: 1,
        how: 'truncate',
      } as const;
      await expect(attack(corrupt)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    });
  });
});
