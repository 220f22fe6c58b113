// The sandbox's registry in a directory, with power cut or the disk refusing at every system call of a push or a deletion.
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/digest.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { createRegistryServer } from '../../src/sandbox/registry/server.ts';
import { directoryBlobs } from '../../src/sandbox/storage/directory-blobs.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { pushImage, testRegistry, type TestRegistry } from '../sandbox/registry/support.ts';
import { atEveryOperation, cut, refusals, type Operations } from '../support/power-cut.ts';

const [kept, pushed] = [utf8('a layer that was there'), utf8('a layer that is pushed')];

async function start(directory: string, operations?: Operations): Promise<TestRegistry> {
  const [files, blobs] = [join(directory, 'registry'), join(directory, 'blobs')];
  return testRegistry(
    createRegistryServer({
      files: operations === undefined ? openDirectory(files) : operations.directory(files),
      blobs: await directoryBlobs(blobs, operations?.calls()),
    }),
  );
}

const push = (registry: TestRegistry): Promise<unknown> =>
  pushImage(registry, 'app', 'new', { layers: [pushed] });
const stories: readonly (readonly [string, (registry: TestRegistry) => Promise<unknown>])[] = [
  ['a push', push],
  ['a deletion', (registry) => registry.ask('DELETE /v2/app/manifests/old')],
];

/** Every tag stands for a manifest, all of whose content is there and is what its digest says. */
async function expectWhole(registry: TestRegistry): Promise<readonly string[]> {
  const { tags } = JSON.parse((await registry.ask('GET /v2/app/tags/list')).text) as { tags: string[] };
  for (const tag of tags) {
    const manifest = await registry.ask(`GET /v2/app/manifests/${tag}`);
    expect({ tag, status: manifest.status }).toEqual({ tag, status: 200 });
    expect(digestOf(manifest.bytes)).toBe(manifest.headers['docker-content-digest']);
    const { config, layers } = JSON.parse(manifest.text) as Record<'config', { digest: string }> &
      Record<'layers', { digest: string }[]>;
    for (const { digest } of [config, ...layers]) {
      const blob = await registry.ask(`GET /v2/app/blobs/${digest}`);
      expect({ digest: digestOf(blob.bytes), status: blob.status }).toEqual({ digest, status: 200 });
    }
  }
  return tags;
}

describe.each(stories)('%s', (_what, act) => {
  it.each([cut, ...refusals])('ST-01, ST-02: $what each operation', async (fault) => {
    const untouched = await temporaryDirectory();
    await pushImage(await start(untouched), 'app', 'old', { layers: [kept] });
    const count = await atEveryOperation(fault, async (operations) => {
      const directory = await temporaryDirectory();
      await cp(untouched, directory, { recursive: true });
      const running = await start(directory, operations);
      const failure = await act(running).then(
        () => undefined,
        (error: unknown) => error,
      );

      const next = await start(directory);
      const tags = await expectWhole(next);
      if (failure === undefined) expect(tags).toEqual(act === push ? ['new', 'old'] : []);
      expect(await readdir(join(directory, 'blobs', 'uploads')), 'no leftovers').toEqual([]);
      await push(next);
      expect(await expectWhole(next)).toContain('new');
    });
    expect(count).toBeGreaterThan(3);
  });
});
