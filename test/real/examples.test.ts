// The examples as their readers run them: with an empty home, from beginning to end, and nothing left behind.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand, startServer, type Command } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';

const scriptOf = (example: string): string =>
  new URL(`../../examples/${example}/run.js`, import.meta.url).pathname;

let directory: string;
let command: Command;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dct-'));
  const [home, temporary] = [join(directory, 'home'), join(directory, 'tmp')];
  await Promise.all([home, temporary].map((path) => mkdir(path)));
  command = { env: { PATH: searchPath, HOME: home, TMPDIR: temporary }, cwd: directory };
});
afterEach(async () => {
  const left = await Promise.all(['home', 'tmp'].map((name) => readdir(join(directory, name))));
  await rm(directory, { recursive: true, force: true });
  expect(left).toEqual([[], []]);
});

describeReal(['notary-server', 'docker-registry', 'openssl', 'skopeo'], 'npm run first-signature', () => {
  it('plays the whole story, and sees every refusal that it tells of', async () => {
    const { code, stdout, stderr } = await runCommand(
      process.execPath,
      [scriptOf('first-signature')],
      command,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Every step did what it should.');
  });
});

describeReal(['notary-server', 'docker-registry', 'openssl'], 'npm run sandbox:real', () => {
  it('prints settings that lead to both servers, until it is asked to end', async () => {
    const ports = ['--notary-port', '0', '--registry-port', '0'];
    const sandbox = await startServer(
      process.execPath,
      [scriptOf('sandbox-real'), ...ports],
      command,
      (server) => server.stdout().includes('Ctrl-C ends both servers'),
    );
    const [, registry = ''] = /^Registry +(http:\S+)/mu.exec(sandbox.stdout()) ?? [];
    expect((await fetch(`${registry}/v2/`)).status).toBe(200);
    expect(sandbox.stdout()).toMatch(/^export DOCKER_CONTENT_TRUST_SERVER=https:\S+$/mu);
    sandbox.signal('SIGTERM');
    expect(await sandbox.ended).toBe(0);
    await expect(fetch(`${registry}/v2/`)).rejects.toThrow();
  });
});
