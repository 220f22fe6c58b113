// The sandbox's registry against skopeo: images in and out in every form, many clients, and large layers.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { writeImageDirectory } from '../support/real/image-files.ts';
import { buildImage, buildIndex, largeBlob, pushImage, randomBlob } from '../support/real/image.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startSandboxRegistry, type SandboxRegistry } from '../support/real/sandbox-registry.ts';
import { searchPath } from '../support/real/search-path.ts';

const MiB = 1024 * 1024;

describeReal(['skopeo'], 'the sandbox registry and skopeo', () => {
  describe.each(['in memory', 'on disk'])('%s', (form) => {
    let directory: string;
    let registry: SandboxRegistry;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dct-'));
      registry = await startSandboxRegistry(form === 'on disk' ? join(directory, 'registry') : undefined);
    });
    afterAll(async () => {
      await registry.close();
      await rm(directory, { recursive: true, force: true });
      expect(registry.failures).toEqual([]);
    });

    const skopeo = (...args: readonly string[]): Promise<Outcome> =>
      runCommand('skopeo', ['--insecure-policy', ...args], {
        env: { PATH: searchPath, HOME: directory },
        cwd: directory,
      });
    /** Without this option skopeo compresses layers on their way to a registry, which makes another image of it. */
    const asItIs = '--preserve-digests';
    const copy = (from: string, to: string, option = asItIs): Promise<Outcome> =>
      skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...option.split(' '), from, to);
    const at = (name: string): string => `docker://${registry.host}/${name}`;

    it.each(['oci', 'docker'] as const)('takes and gives an image in %s form', async (format) => {
      const image = buildImage({ format, layers: [randomBlob(5000), randomBlob(1)] });
      const [source, back] = [join(directory, `${format}-in`), join(directory, `${format}-out`)];
      await writeImageDirectory(source, image);
      await succeeds(copy(`dir:${source}`, at(`team/${format}:1.0`)));
      await succeeds(copy(at(`team/${format}:1.0`), `dir:${back}`));
      expect(await readFile(join(back, 'manifest.json'))).toEqual(Buffer.from(image.bytes));
      const inspected = await succeeds(skopeo('inspect', '--tls-verify=false', at(`team/${format}:1.0`)));
      expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: image.digest, RepoTags: ['1.0'] });
    });

    it('takes one that skopeo converts to the other form, and gives it to an OCI layout', async () => {
      const source = join(directory, 'convert');
      await writeImageDirectory(source, buildImage({ format: 'docker' }));
      await succeeds(copy(`dir:${source}`, at('team/converted:oci'), '--format=oci'));
      await succeeds(copy(at('team/converted:oci'), `oci:${join(directory, 'layout')}:latest`));
      await succeeds(copy(`oci:${join(directory, 'layout')}:latest`, at('team/again:1'), '--format=v2s2'));
      const { stdout } = await succeeds(skopeo('inspect', '--raw', '--tls-verify=false', at('team/again:1')));
      expect(JSON.parse(stdout)).toMatchObject({
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      });
    });

    it.each(['oci', 'docker'] as const)('copies all of an index in %s form', async (format) => {
      const index = buildIndex(format);
      await pushImage(registry.url, `indexes/${format}`, index, '1');
      await succeeds(copy(at(`indexes/${format}:1`), at(`copied/${format}:1`), `${asItIs} --all`));
      const raw = await succeeds(skopeo('inspect', '--raw', '--tls-verify=false', at(`copied/${format}:1`)));
      expect(raw.stdout).toBe(Buffer.from(index.bytes).toString());
    });

    it('lists and deletes tags', async () => {
      const image = buildImage();
      for (const tag of ['b', 'a']) await pushImage(registry.url, 'team/tags', image, tag);
      const list = async (): Promise<unknown> =>
        JSON.parse((await succeeds(skopeo('list-tags', '--tls-verify=false', at('team/tags')))).stdout);
      expect(await list()).toMatchObject({ Tags: ['a', 'b'] });
      await succeeds(skopeo('delete', '--tls-verify=false', at('team/tags:a')));
      expect(await list()).toMatchObject({ Tags: [] });
    });

    it('serves ten clients at once that push the same layers', async () => {
      const source = join(directory, 'shared');
      const image = buildImage({ layers: [randomBlob(2 * MiB), randomBlob(3 * MiB)] });
      await writeImageDirectory(source, image);
      const clients = Array.from({ length: 10 }, (_, i) => at(`crowd/${i % 3}:${i}`));
      await Promise.all(clients.map((name) => succeeds(copy(`dir:${source}`, name))));
      const digests = clients.map(async (name) => {
        const { stdout } = await succeeds(skopeo('inspect', '--tls-verify=false', name));
        return (JSON.parse(stdout) as { Digest: string }).Digest;
      });
      expect(new Set(await Promise.all(digests))).toEqual(new Set([image.digest]));
    });

    it('moves a layer of 300 MiB in both directions without copying it in memory', async () => {
      const [source, back] = [join(directory, 'large-in'), join(directory, 'large-out')];
      const layer = largeBlob(300 * MiB);
      await writeImageDirectory(source, buildImage({ format: 'docker', layers: [layer] }));
      const before = await peakMemory();
      await succeeds(copy(`dir:${source}`, at('team/large:1')));
      await succeeds(copy(at('team/large:1'), `dir:${back}`));
      const held = form === 'in memory' ? layer.size : 0;
      expect((await peakMemory()) - before).toBeLessThan(held + 128 * MiB);
      expect(await digestOfFile(join(back, layer.digest.replace('sha256:', '')))).toBe(layer.digest);
    });

    it.each(['flip-bit', 'truncate', 'extend', 'replace'] as const)(
      'makes skopeo refuse a layer under %s',
      async (how) => {
        const repository = `attacked/${how}`;
        await pushImage(registry.url, repository, buildImage({ layers: [randomBlob(9000)] }), '1');
        await registry.attacks.corrupt(repository, '1', { layer: 1, how });
        const refused = await copy(at(`${repository}:1`), `dir:${join(directory, 'refused')}`);
        expect(refused.code).not.toBe(0);
        expect(refused.stderr).toMatch(/digest|size/i);
        await registry.attacks.restore(repository);
        await succeeds(copy(at(`${repository}:1`), `dir:${join(directory, 'accepted')}`));
      },
    );
  });
});

/** Of this process, which is the registry's, in bytes (proc(5), VmHWM). */
async function peakMemory(): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/mu.exec(await readFile('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
