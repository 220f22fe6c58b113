// docker itself, with an engine and content trust, on `dct sandbox up`: everything it does is followed by dct.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { dockerClients } from '../support/real/docker-clients.ts';
import { startDockerd, type Dockerd } from '../support/real/dockerd.ts';
import { tarOf } from '../support/real/image-files.ts';
import type { Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import {
  refusalIn,
  sandboxUser,
  startSandboxProcess,
  type SandboxProcess,
  type SandboxUser,
} from '../support/real/sandbox-process.ts';

interface Shown {
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: string[];
  }[];
  readonly Signers: readonly { readonly Name: string }[];
}

describeReal(['docker', 'dockerd', 'openssl'], 'the sandbox and docker with content trust', () => {
  let directory: string;
  let engine: Dockerd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-'));
    engine = await startDockerd({ directory: join(directory, 'engine') });
  });
  afterAll(async () => {
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  });

  describe.each(dockerClients())('docker $version', ({ program, major }) => {
    let sandbox: SandboxProcess;
    let owner: SandboxUser;
    let repository: string;

    beforeAll(async () => {
      sandbox = await startSandboxProcess({ directory });
      repository = `${sandbox.registry}/team/app`;
      const env = { DOCKER_HOST: engine.host, DOCKER_CONTENT_TRUST: '1' };
      owner = await sandboxUser(sandbox, { home: join(directory, `owner-of-${major}`), env });
    });
    afterAll(async () => {
      expect(sandbox.alive()).toBe(true);
      await sandbox.stop();
    });

    const docker = (...args: readonly string[]): Promise<Outcome> => owner.run(program, args);
    const answering = (answer: string, ...args: readonly string[]): Promise<Outcome> =>
      owner.run(program, args, answer);
    const build = (tag: string): Promise<Outcome> =>
      succeeds(owner.run(program, ['import', '-', `${repository}:${tag}`], tarOf({ 'file.txt': tag })));
    const digestOf = async (tag: string): Promise<string> => {
      const url = `http://${repository.replace('/', '/v2/')}/manifests/${tag}`;
      return (await fetch(url, { method: 'HEAD' })).headers.get('docker-content-digest') ?? '';
    };
    /** Tag → signers; dct and docker say the same, byte for byte in the table and value for value in JSON. */
    const signed = async (): Promise<Readonly<Record<string, readonly string[]>>> => {
      const [theirs, ours] = await Promise.all([
        succeeds(docker('trust', 'inspect', repository)),
        succeeds(owner.dct('inspect', repository)),
      ]);
      expect(JSON.parse(ours.stdout)).toEqual(JSON.parse(theirs.stdout));
      const pretty = await succeeds(docker('trust', 'inspect', '--pretty', repository));
      expect((await succeeds(owner.dct('inspect', '--pretty', repository))).stdout).toBe(pretty.stdout);

      const [shown] = JSON.parse(theirs.stdout) as readonly Shown[];
      const rows = (shown?.SignedTags ?? []).map(({ SignedTag, Digest, Signers }) => {
        return { tag: SignedTag, digest: `sha256:${Digest}`, signers: Signers };
      });
      const { tags } = JSON.parse((await succeeds(owner.dct('list', repository, '--json'))).stdout) as {
        tags: readonly { tag: string; digest: string }[];
      };
      expect(tags.map(({ tag, digest }) => [tag, digest])).toEqual(
        rows.map(({ tag, digest }) => [tag, digest]),
      );
      return Object.fromEntries(rows.map(({ tag, signers }) => [tag, signers]));
    };
    const signers = async (): Promise<readonly string[]> => {
      const [shown] = JSON.parse(
        (await succeeds(docker('trust', 'inspect', repository))).stdout,
      ) as readonly Shown[];
      return (shown?.Signers ?? []).map(({ Name }) => Name).sort();
    };

    it('logs in, and keeps that in the sandbox’s directory', async () => {
      const login = await succeeds(
        answering('a secret', 'login', '-u', 'alice', '--password-stdin', sandbox.registry),
      );
      expect(login.stdout).toContain('Login Succeeded');
      await access(join(sandbox.dockerConfig, 'config.json'));
    });

    it('begins a repository with its first push, and dct verifies it', async () => {
      await build('1');
      await build('2');
      const pushed = await succeeds(docker('push', `${repository}:1`));
      expect(pushed.stdout).toContain(`Finished initializing "${repository}"`);
      expect(pushed.stdout).toContain(`digest: ${await digestOf('1')}`);
      await succeeds(docker('push', '--disable-content-trust', `${repository}:2`));
      await succeeds(owner.dct('verify', '--deep', `${repository}:1`));
      expect(await signed()).toEqual({ '1': ['Repo Admin'] });
    });

    it('pulls what is signed and nothing else, as dct resolves what is signed and nothing else', async () => {
      await succeeds(docker('rmi', `${repository}:1`, `${repository}:2`));
      const pulled = await succeeds(docker('pull', `${repository}:1`));
      expect(pulled.stdout).toContain(`Digest: ${await digestOf('1')}`);
      expect((await succeeds(owner.dct('resolve', `${repository}:1`))).stdout).toBe(
        `${repository}@${await digestOf('1')}\n`,
      );
      for (const [name, code] of [
        [`${repository}:2`, 'NOT_SIGNED'],
        [`${sandbox.registry}/team/other:1`, 'NO_TRUST_DATA'],
      ] as const) {
        expect((await docker('pull', name)).code).toBe(1);
        expect(await refusalIn(owner.dct('resolve', name, '--json'))).toEqual({ exit: 3, code });
      }
    });

    it('generates a key, adds its signer and signs as that signer', async () => {
      await succeeds(docker('trust', 'key', 'generate', 'alice'));
      await succeeds(docker('trust', 'signer', 'add', '--key', 'alice.pub', 'alice', repository));
      expect(await signed()).toEqual({ '1': ['Repo Admin'] });
      await succeeds(docker('pull', '--disable-content-trust', `${repository}:2`));
      await succeeds(docker('trust', 'sign', `${repository}:2`));
      expect(await signed()).toEqual({ '1': ['Repo Admin'], '2': ['alice'] });
      expect(await signers()).toEqual(['alice']);
      await succeeds(owner.dct('verify', '--deep', `${repository}:2`));
    });

    it('loads a key, adds its signer and signs the same tag again', async () => {
      const curve = ['-pkeyopt', 'ec_paramgen_curve:P-256'];
      await succeeds(owner.run('openssl', ['genpkey', '-algorithm', 'EC', ...curve, '-out', 'bob.pem']));
      await succeeds(owner.run('openssl', ['pkey', '-in', 'bob.pem', '-pubout', '-out', 'bob.pub']));
      await succeeds(docker('trust', 'key', 'load', '--name', 'bob', 'bob.pem'));
      await succeeds(docker('trust', 'signer', 'add', '--key', 'bob.pub', 'bob', repository));
      await succeeds(docker('trust', 'sign', `${repository}:2`));
      expect(await signed()).toEqual({ '1': ['Repo Admin'], '2': ['alice', 'bob'] });
    });

    it('removes a signer, or only says so where it is docker 26 to 28 (P-01); dct does it then', async () => {
      await succeeds(answering('y\n', 'trust', 'signer', 'remove', 'bob', repository));
      if (major >= 26) {
        expect(await signers()).toEqual(['alice', 'bob']);
        await succeeds(owner.dct('signer', 'remove', 'bob', repository, '--yes'));
      }
      expect(await signers()).toEqual(['alice']);
      expect(await signed()).toEqual({ '1': ['Repo Admin'], '2': ['alice'] });
    });

    it('revokes a tag, and neither pulls it any more', async () => {
      await succeeds(docker('trust', 'revoke', `${repository}:2`));
      expect(await signed()).toEqual({ '1': ['Repo Admin'] });
      expect((await docker('pull', `${repository}:2`)).code).toBe(1);
      const refusal = await refusalIn(owner.dct('verify', `${repository}:2`, '--json'));
      expect(refusal).toEqual({ exit: 3, code: 'NOT_SIGNED' });
    });

    it('pulls with an empty cache what somebody else signed', async () => {
      await succeeds(docker('trust', 'sign', `${repository}:2`));
      const home = join(directory, `reader-of-${major}`);
      const env = { DOCKER_HOST: engine.host, DOCKER_CONTENT_TRUST: '1' };
      const reader = await sandboxUser(sandbox, { home, dockerConfig: join(home, '.docker'), env });
      for (const tag of ['1', '2']) {
        await succeeds(reader.run(program, ['pull', `${repository}:${tag}`]));
        await succeeds(reader.dct('verify', '--deep', `${repository}:${tag}`));
      }
    });

    it('passes over releases that nobody can sign any more, where dct refuses (RB-11)', async () => {
      await succeeds(answering('y\n', 'trust', 'signer', 'remove', 'alice', repository));
      await succeeds(docker('pull', `${repository}:1`));
      expect((await docker('pull', `${repository}:2`)).code).toBe(1);
      for (const tag of ['1', '2']) {
        const refusal = await refusalIn(owner.dct('verify', `${repository}:${tag}`, '--json'));
        expect(refusal).toEqual({ exit: 3, code: 'THRESHOLD' });
      }
    });
  });
});
