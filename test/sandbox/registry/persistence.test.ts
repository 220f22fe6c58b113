// What a registry on disk is after a restart, and what it keeps no longer than it is needed.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { openDirectory } from '../../../src/disk/files.ts';
import { createRegistryServer } from '../../../src/sandbox/registry/server.ts';
import { directoryBlobs } from '../../../src/sandbox/storage/directory-blobs.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { memoryFiles } from '../../../src/sandbox/storage/memory-files.ts';
import { temporaryDirectory } from '../../disk/support.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { openUpload, pushBlob, pushImage, testRegistry, type TestRegistry } from './support.ts';

const content = utf8('a layer');

async function start(directory: string): Promise<TestRegistry> {
  const files = openDirectory(join(directory, 'registry'));
  return testRegistry(createRegistryServer({ files, blobs: await directoryBlobs(join(directory, 'blobs')) }));
}

describe('a restart', () => {
  it('keeps repositories, tags, manifests with their types, and blobs where they were', async () => {
    const directory = await temporaryDirectory();
    const before = await start(directory);
    const image = await pushImage(before, 'team/app', '1.0', { layers: [content] });
    await pushImage(before, 'team', '__proto__', { layers: [content] });
    const after = await start(directory);
    expect(JSON.parse((await after.ask('GET /v2/_catalog')).text)).toEqual({
      repositories: ['team', 'team/app'],
    });
    expect(await after.ask('GET /v2/team/app/manifests/1.0')).toMatchObject({
      bytes: image.bytes,
      headers: { 'content-type': image.mediaType, 'docker-content-digest': image.digest },
    });
    expect((await after.ask('GET /v2/team/manifests/__proto__')).status).toBe(200);
    expect((await after.ask(`GET /v2/team/app/blobs/${digestOf(content)}`)).bytes).toEqual(content);
    expect((await after.ask(`GET /v2/elsewhere/blobs/${digestOf(content)}`)).status).toBe(404);
  });

  it('keeps deletions', async () => {
    const directory = await temporaryDirectory();
    const before = await start(directory);
    const { digest } = await pushImage(before, 'app', '1');
    await before.ask(`DELETE /v2/app/manifests/${digest}`);
    const after = await start(directory);
    expect((await after.ask(`GET /v2/app/manifests/${digest}`)).status).toBe(404);
    expect(JSON.parse((await after.ask('GET /v2/app/tags/list')).text)).toEqual({ name: 'app', tags: [] });
  });

  it('ends attacks and unfinished uploads', async () => {
    const directory = await temporaryDirectory();
    const before = await start(directory);
    await pushImage(before, 'app', '1', { layers: [content] });
    await before.attacks.corrupt('app', '1', { layer: 1, how: 'replace' });
    const upload = await openUpload(before, 'app');
    const after = await start(directory);
    expect((await after.ask(`GET /v2/app/blobs/${digestOf(content)}`)).bytes).toEqual(content);
    expect((await after.ask(`GET ${upload}`)).status).toBe(404);
    expect(await readdir(join(directory, 'blobs', 'uploads'))).toEqual([]);
  });

  it('with a damaged record fails and says where', async () => {
    const directory = await temporaryDirectory();
    await pushImage(await start(directory), 'app', '1');
    const file = join(directory, 'registry', 'repositories', 'app', '_repository.json');
    await writeFile(file, '{"tags":');
    const failure = (await start(directory)).ask('GET /v2/app/tags/list');
    await expect(failure).rejects.toMatchObject({ code: 'DISK', facts: { file } });
  });
});

describe('content', () => {
  it('is kept once and only as long as a repository has it', async () => {
    const blobs = memoryBlobs();
    const registry = testRegistry(createRegistryServer({ files: memoryFiles(), blobs }));
    const image = await pushImage(registry, 'app', '1', { layers: [content] });
    await pushBlob(registry, 'other', content);
    const digest = digestOf(content);
    await registry.ask(`DELETE /v2/app/blobs/${digest}`);
    expect(await blobs.size(digest)).toBe(content.length);
    await registry.ask(`DELETE /v2/other/blobs/${digest}`);
    expect(await blobs.size(digest)).toBeUndefined();
    await registry.ask('DELETE /v2/app/manifests/1');
    expect(await blobs.size(image.digest)).toBe(image.bytes.length);
    await registry.ask(`DELETE /v2/app/manifests/${image.digest}`);
    expect(await blobs.size(image.digest)).toBeUndefined();
  });
});

describe('a full disk', () => {
  it('fails the push, and the registry goes on with what it had', async () => {
    const files = memoryFiles();
    let full = false;
    const write = (path: string, bytes: Uint8Array): Promise<void> =>
      full
        ? Promise.reject(new DctError('DISK', { file: path, operation: 'write', problem: 'no space' }))
        : files.write(path, bytes);
    const registry = testRegistry(createRegistryServer({ files: { ...files, write }, blobs: memoryBlobs() }));
    const image = await pushImage(registry, 'app', '1');
    full = true;
    expect(await codeOfRejection(pushBlob(registry, 'app', utf8('another')))).toBe('DISK');
    expect(await codeOfRejection(registry.ask('DELETE /v2/app/manifests/1'))).toBe('DISK');
    expect((await registry.ask(`GET /v2/app/blobs/${digestOf(utf8('another'))}`)).status).toBe(404);
    expect((await registry.ask('GET /v2/app/manifests/1')).bytes).toEqual(image.bytes);
    full = false;
    await pushBlob(registry, 'app', utf8('another'));
  });
});
