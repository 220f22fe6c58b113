// `dct sandbox up` as a process: what it prints, how it ends, what it keeps, and the programs that use its settings.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { buildImage, pushImage, randomBlob } from '../support/real/image.ts';
import { type Outcome, runCommand, startServer, until } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import {
  dctProgram,
  refusalIn,
  sandboxEnvironment,
  sandboxUser,
  startSandboxProcess,
  type SandboxProcess,
  type SandboxUser,
} from '../support/real/sandbox-process.ts';

let directory: string;
let started: SandboxProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dct-'));
  started = [];
});
afterEach(async () => {
  for (const sandbox of started) await sandbox.kill();
  await rm(directory, { recursive: true, force: true });
});

async function start(
  options: Partial<Parameters<typeof startSandboxProcess>[0]> = {},
): Promise<SandboxProcess> {
  const sandbox = await startSandboxProcess({ directory, ...options });
  started.push(sandbox);
  return sandbox;
}
/** A sandbox that does not come up. */
function fails(...args: readonly string[]): Promise<Outcome> {
  const env = sandboxEnvironment(directory);
  return runCommand(process.execPath, [dctProgram, 'sandbox', 'up', ...args], { env, cwd: directory });
}
function listenOn(port: number): Promise<NetServer> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port).catch(() => undefined);
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  return server !== undefined;
}
async function push({ registry }: SandboxProcess, tag: string): Promise<string> {
  const image = buildImage();
  await pushImage(`http://${registry}`, 'team/app', image, tag);
  return image.digest;
}
function stranger(sandbox: SandboxProcess, name: string): Promise<SandboxUser> {
  const home = join(directory, name);
  return sandboxUser(sandbox, { home, dockerConfig: join(home, '.docker') });
}

describeReal([], 'dct sandbox up', () => {
  it('tells people where it is and what to do, until Ctrl-C', async () => {
    const ports = ['--registry-port', '0', '--notary-port', '0'];
    const server = await startServer(
      process.execPath,
      [dctProgram, 'sandbox', 'up', ...ports],
      { env: sandboxEnvironment(directory), cwd: directory },
      (up) => up.stdout().includes('notary()'),
    );
    const [, registry] = /^ {2}registry {6}(http:\/\/localhost:\d+)$/mu.exec(server.stdout()) ?? [];
    expect((await fetch(`${registry ?? ''}/v2/`)).status).toBe(200);
    const [, shellFile = ''] = /^ {2}\. (\S+)$/mu.exec(server.stdout()) ?? [];
    for (const line of (await readFile(shellFile, 'utf8')).trimEnd().split('\n'))
      expect(server.stdout()).toContain(`  ${line}\n`);
    expect(server.stdout()).toContain('stop it with Ctrl-C');
    server.signal('SIGINT');
    expect(await server.ended).toBe(0);
    expect(server.log()).toContain('the sandbox is gone, and everything in it\n');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s: exit 0, both ports free, nothing left', async (signal) => {
    const sandbox = await start();
    const open = await fetch(`http://${sandbox.registry}/v2/`);
    expect((await readdir(directory)).length, 'settings in a temporary directory').toBe(1);
    sandbox.signal(signal);
    expect(await sandbox.ended).toBe(0);
    await open.body?.cancel();
    expect(await isFree(sandbox.registryPort)).toBe(true);
    expect(await isFree(sandbox.notaryPort)).toBe(true);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['--registry-port', '--notary-port'])(
    '%s of somebody else: exit 2, nothing left',
    async (option) => {
      const server = await listenOn(0);
      try {
        const { port } = server.address() as { port: number };
        const other = option === '--notary-port' ? '--registry-port' : '--notary-port';
        const outcome = await fails('--json', other, '0', option, String(port));
        const { error } = JSON.parse(outcome.stderr) as {
          error: { code: string; message: string; next: string };
        };
        expect({ exit: outcome.code, code: error.code }).toEqual({ exit: 2, code: 'LISTEN_FAILED' });
        expect(`${error.message} ${error.next}`).toContain(`127.0.0.1:${port}`);
        expect(error.next).toContain(`${option} N`);
        expect(await readdir(directory)).toEqual([]);
      } finally {
        server.close();
      }
    },
  );

  it('--dir: who trusted it before a restart trusts it after, and so does a newcomer', async () => {
    const args = ['--dir', join(directory, 'kept')];
    const first = await start({ args });
    const name = `${first.registry}/team/app:1`;
    const digest = await push(first, '1');
    const owner = await sandboxUser(first, { home: join(directory, 'owner') });
    await succeeds(owner.dct('sign', name));
    await first.stop();
    const newcomer = await stranger(first, 'newcomer');
    const refusal = await refusalIn(newcomer.dct('verify', name, '--json'));
    expect(refusal).toEqual({ exit: 4, code: 'UNREACHABLE' });

    const { registryPort, notaryPort } = first;
    const second = await start({ args, registryPort, notaryPort });
    expect(second).toMatchObject({ registry: first.registry, notary: first.notary, ca: first.ca });
    for (const user of [owner, newcomer]) {
      await succeeds(user.dct('verify', '--deep', name));
      expect((await user.dct('resolve', name)).stdout).toContain(digest);
    }
    await push(second, '2');
    await succeeds(owner.dct('sign', `${second.registry}/team/app:2`));
  });

  it('--dir: a second sandbox is refused, and the first one goes on', async () => {
    const kept = join(directory, 'kept');
    const first = await start({ args: ['--dir', kept] });
    const second = fails('--json', '--dir', kept, '--registry-port', '0', '--notary-port', '0');
    expect(await refusalIn(second)).toEqual({ exit: 7, code: 'LOCKED' });
    expect((await fetch(`http://${first.registry}/v2/`)).status).toBe(200);
    await first.stop();
    await start({ args: ['--dir', kept] });
  });

  it('--dir: killed in the middle of a push, it comes back with everything from before and takes the push', async () => {
    const args = ['--dir', join(directory, 'kept')];
    const first = await start({ args });
    const name = `${first.registry}/team/app:1`;
    await push(first, '1');
    const owner = await sandboxUser(first, { home: join(directory, 'owner') });
    await succeeds(owner.dct('sign', name));

    const layer = randomBlob(1024 * 1024);
    const begun = await fetch(`http://${first.registry}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    const upload = request(new URL(begun.headers.get('location') ?? '', `http://${first.registry}`), {
      method: 'PATCH',
      headers: { 'content-length': layer.size },
    });
    const cut = new Promise((resolve) => upload.once('error', resolve));
    const half = Buffer.concat([...layer.content()]).subarray(0, layer.size / 2);
    upload.write(half);
    const uploads = join(directory, 'kept', 'blobs', 'uploads');
    await until(async () => (await readdir(uploads)).length > 0, 'the upload to reach the disk');
    await first.kill();
    await cut;

    const { registryPort, notaryPort } = first;
    const second = await start({ args, registryPort, notaryPort });
    expect(await readdir(uploads), 'half an upload is of no use to anybody').toEqual([]);
    await succeeds(owner.dct('verify', '--deep', name));
    await pushImage(`http://${second.registry}`, 'team/app', buildImage({ layers: [layer] }), '2');
    await succeeds(owner.dct('sign', `${second.registry}/team/app:2`));
    await succeeds(owner.dct('verify', '--deep', `${second.registry}/team/app:2`));
  });

  it('--dir: killed again and again while somebody publishes, it never shows half of a publication', async () => {
    const args = ['--dir', join(directory, 'kept')];
    let sandbox = await start({ args });
    const { registryPort, notaryPort } = sandbox;
    const repository = `${sandbox.registry}/team/app`;
    await push(sandbox, '0');
    const owner = await sandboxUser(sandbox, { home: join(directory, 'owner') });
    await succeeds(owner.dct('sign', `${repository}:0`));

    const log = join(directory, 'kept', 'notary');
    for (const round of [1, 2]) {
      await push(sandbox, String(round));
      const before = (await readdir(log, { recursive: true })).length;
      const signing = owner.dct('sign', `${repository}:${round}`);
      // The first new file of the publication is there: more are to come, or the record that makes it one is.
      await until(async () => (await readdir(log, { recursive: true })).length > before, 'the publication');
      await sandbox.kill();
      await signing;
      sandbox = await start({ args, registryPort, notaryPort });
      await succeeds(owner.dct('verify', repository));
      await succeeds((await stranger(sandbox, `reader${round}`)).dct('verify', repository));
      await succeeds(owner.dct('sign', `${repository}:${round}`));
      await succeeds(owner.dct('verify', `${repository}:${round}`));
    }
  });
});

describeReal(['notary', 'skopeo'], 'the shell file of a sandbox', () => {
  it.each(['in memory', "in a directory called Jane's sandbox"])(
    '%s: makes dct, notary and skopeo use it',
    async (where) => {
      const args = where === 'in memory' ? [] : ['--dir', join(directory, "Jane's sandbox")];
      const sandbox = await start({ args });
      const digest = await push(sandbox, '1');
      const shell = (script: string): Promise<Outcome> => {
        const passphrases = {
          DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'a root passphrase',
          DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a repository passphrase',
        };
        const env = { ...sandboxEnvironment(directory), ...passphrases, FILE: sandbox.shellFile };
        const dct = `dct() { '${process.execPath}' '${dctProgram}' "$@"; }`;
        return succeeds(runCommand('sh', ['-ec', `${dct}; . "$FILE"; ${script}`], { env, cwd: directory }));
      };
      const repository = `${sandbox.registry}/team/app`;
      await shell(`dct sign ${repository}:1`);
      expect((await shell(`notary list ${repository}`)).stdout).toContain(`1       ${digest.slice(7)}`);
      const inspected = await shell(`skopeo inspect --format '{{.Digest}}' docker://${repository}:1`);
      expect(inspected.stdout.trim()).toBe(digest);
      expect((await shell(`dct resolve ${repository}:1`)).stdout.trim()).toBe(`${repository}@${digest}`);
      const listed = (await shell('notary key list')).stdout;
      expect(listed).toMatch(/^root /mu);
      expect(listed).toContain('targets');
    },
  );
});
