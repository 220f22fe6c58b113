// The sandbox's attacks on docker with content trust, and on dct: what each of them notices, and that both come back after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { tarOf } from '../support/real/image-files.ts';
import { type Outcome, until } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import {
  refusalIn,
  sandboxUser,
  startSandboxProcess,
  type SandboxProcess,
  type SandboxUser,
} from '../support/real/sandbox-process.ts';

describeReal(['docker', 'dockerd'], 'attacks of the sandbox on docker and dct', () => {
  let directory: string;
  let engine: Dockerd;
  let sandbox: SandboxProcess;
  let owner: SandboxUser;
  let repositories = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    engine = await startDockerd({ directory: join(directory, 'engine') });
    sandbox = await startSandboxProcess({ directory });
    owner = await userOf(sandbox, 'owner');
  });
  afterAll(async () => {
    await sandbox.stop();
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const userOf = (where: SandboxProcess, name: string, dockerConfig?: string): Promise<SandboxUser> => {
    const env = { DOCKER_HOST: engine.host, DOCKER_CONTENT_TRUST: '1' };
    return sandboxUser(where, { home: join(directory, name), env, ...(dockerConfig && { dockerConfig }) });
  };
  const stranger = (name: string): Promise<SandboxUser> =>
    userOf(sandbox, name, join(directory, name, '.docker'));

  /** Pushes these tags in this order; `evil` unsigned. Nothing of them stays in the engine. */
  async function publish(user: SandboxUser, where: SandboxProcess, ...tags: string[]): Promise<string> {
    repositories += 1;
    const repository = `${where.registry}/attacked/app${repositories}`;
    for (const tag of tags) await publishTo(user, repository, tag);
    return repository;
  }
  async function publishTo(user: SandboxUser, repository: string, tag: string): Promise<void> {
    const name = `${repository}:${tag}`;
    await succeeds(user.run('docker', ['import', '-', name], tarOf({ 'name.txt': name })));
    const trust = tag === 'evil' ? ['--disable-content-trust'] : [];
    await succeeds(user.run('docker', ['push', ...trust, name]));
    await succeeds(user.run('docker', ['rmi', name]));
  }
  const pull = (user: SandboxUser, name: string): Promise<Outcome> => user.run('docker', ['pull', name]);
  const attack = (...args: readonly string[]): Promise<Outcome> => succeeds(owner.dct('sandbox', ...args));
  const verdict = (user: SandboxUser, name: string): Promise<{ exit: number; code: string }> =>
    refusalIn(user.dct('verify', '--deep', name, '--json'));

  /** Both take these images, and the engine forgets them again. */
  async function bothAccept(user: SandboxUser, ...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await succeeds(pull(user, name));
      await succeeds(user.dct('verify', '--deep', name));
      await succeeds(user.run('docker', ['rmi', name]));
    }
  }

  it.each(['flip-bit', 'truncate', 'extend', 'replace'])(
    'corrupt --%s: a signed image whose layer is altered is refused by both',
    async (how) => {
      const name = `${await publish(owner, sandbox, '1')}:1`;
      await bothAccept(owner, name);
      await attack('corrupt', name, `--${how}`);
      const pulled = await pull(owner, name);
      expect(pulled.code).toBe(1);
      expect((await owner.run('docker', ['image', 'inspect', name])).code, 'nothing arrived').toBe(1);
      expect((await verdict(owner, name)).exit).toBe(3);
      await attack('restore', name);
      await bothAccept(owner, name);
    },
  );

  it('rollback: both refuse with what they remember (RB-01), and both believe it without', async () => {
    const repository = await publish(owner, sandbox, '1', '2');
    await bothAccept(owner, `${repository}:1`, `${repository}:2`);
    await attack('rollback', repository);
    const pulled = await pull(owner, `${repository}:1`);
    expect(pulled.code).toBe(1);
    expect(pulled.stderr).toContain('version 1 is lower than current version 2');
    expect(await verdict(owner, `${repository}:1`)).toEqual({ exit: 3, code: 'ROLLBACK' });

    const newcomer = await stranger('newcomer');
    await bothAccept(newcomer, `${repository}:1`);
    expect((await pull(newcomer, `${repository}:2`)).code).toBe(1);
    expect(await verdict(newcomer, `${repository}:2`)).toEqual({ exit: 3, code: 'NOT_SIGNED' });

    await attack('restore', repository);
    for (const user of [owner, newcomer]) await bothAccept(user, `${repository}:1`, `${repository}:2`);
  });

  it('freeze: both see the past while it is valid, whatever is published', async () => {
    const repository = await publish(owner, sandbox, '1');
    await attack('freeze', repository);
    await publishTo(owner, repository, '2');
    await bothAccept(owner, `${repository}:1`);
    expect((await pull(owner, `${repository}:2`)).code).toBe(1);
    expect(await verdict(owner, `${repository}:2`)).toEqual({ exit: 3, code: 'NOT_SIGNED' });
    await attack('restore', repository);
    await bothAccept(owner, `${repository}:1`, `${repository}:2`);
  });

  it('freeze: both refuse as soon as the timestamp expires', async () => {
    const brief = await startSandboxProcess({ directory, args: ['--timestamp-lifetime', '2'] });
    try {
      const user = await userOf(brief, 'impatient');
      const name = `${await publish(user, brief, '1')}:1`;
      await bothAccept(user, name);
      await attack('freeze', name);
      await until(async () => (await user.dct('resolve', name)).code !== 0, 'the timestamp to expire');
      expect(await verdict(user, name)).toEqual({ exit: 3, code: 'EXPIRED' });
      const pulled = await pull(user, name);
      expect(pulled.code).toBe(1);
      expect(pulled.stderr).toContain('expired');
      await attack('restore', name);
      await bothAccept(user, name);
    } finally {
      await brief.stop();
    }
  });

  it('swap-tag: a lie of both servers is refused by both, because the owner did not sign it', async () => {
    const repository = await publish(owner, sandbox, 'evil', '1');
    await bothAccept(owner, `${repository}:1`);
    await attack('swap-tag', `${repository}:1`, 'evil');
    for (const user of [owner, await stranger('victim')]) {
      expect(await verdict(user, `${repository}:1`)).toEqual({ exit: 3, code: 'THRESHOLD' });
      const pulled = await pull(user, `${repository}:1`);
      expect(pulled.code).toBe(1);
      expect(pulled.stderr).toContain('valid signatures did not meet threshold for targets');
    }
    await attack('restore', repository);
    await bothAccept(owner, `${repository}:1`);
    await publishTo(owner, repository, '2');
    await bothAccept(owner, `${repository}:1`, `${repository}:2`);
  });

  it('swap-tag --registry-only: both get what was signed, and docker without content trust does not', async () => {
    const repository = await publish(owner, sandbox, 'evil', '1');
    const signed = (await succeeds(owner.dct('resolve', `${repository}:1`))).stdout.trim();
    await attack('swap-tag', '--registry-only', `${repository}:1`, 'evil');
    const trusting = await succeeds(
      owner.run('docker', ['pull', '--disable-content-trust', `${repository}:1`]),
    );
    expect(trusting.stdout).not.toContain(signed.split('@')[1]);
    expect((await succeeds(pull(owner, `${repository}:1`))).stdout).toContain(signed);
    await bothAccept(owner, `${repository}:1`);
    expect((await succeeds(owner.dct('resolve', `${repository}:1`))).stdout.trim()).toBe(signed);
    await attack('restore', repository);
  });
});
