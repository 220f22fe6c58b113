// Many pushes at once, more than fit, and blobs that need no push because another repository has them.
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { limits } from '../../../src/base/limits.ts';
import { createRegistryServer } from '../../../src/sandbox/registry/server.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { memoryFiles } from '../../../src/sandbox/storage/memory-files.ts';
import { openUpload, pushBlob, testRegistry, type TestRegistry } from './support.ts';

const content = utf8('0123456789');
const digest = digestOf(content);
const half = (from: number, to: number): Uint8Array => content.subarray(from, to);
const pulled = async ({ ask }: TestRegistry, repository: string): Promise<string> =>
  (await ask(`GET /v2/${repository}/blobs/${digest}`)).text;

describe('many pushes', () => {
  it('of one blob by ten clients at once all succeed, and it is there once', async () => {
    const registry = testRegistry();
    const push = async (client: number): Promise<number> => {
      const upload = await openUpload(registry, `client/${client % 2}`);
      const cut = 1 + (client % 9);
      await registry.ask(`PATCH ${upload}`, { body: [half(0, cut), half(cut, 10)] });
      return (await registry.ask(`PUT ${upload}?digest=${digest}`)).status;
    };
    const statuses = await Promise.all(Array.from({ length: 10 }, (_, client) => push(client)));
    expect(statuses).toEqual(Array<number>(10).fill(201));
    expect(await pulled(registry, 'client/0')).toBe('0123456789');
    expect(await pulled(registry, 'client/1')).toBe('0123456789');
  });

  it('of different blobs into one repository at once are all there', async () => {
    const registry = onSlowDisk();
    const contents = Array.from({ length: 10 }, (_, i) => utf8(`blob ${i}`));
    const digests = await Promise.all(contents.map((bytes) => pushBlob(registry, 'app', bytes)));
    const found = digests.map(async (each) => (await registry.ask(`GET /v2/app/blobs/${each}`)).bytes);
    expect(await Promise.all(found)).toEqual(contents);
  });

  it('of a blob that the last other repository is just deleting succeed', async () => {
    const registry = onSlowDisk();
    await pushBlob(registry, 'old', content);
    const [, deleted] = await Promise.all([
      pushBlob(registry, 'new', content),
      registry.ask(`DELETE /v2/old/blobs/${digest}`),
    ]);
    expect(deleted.status).toBe(202);
    expect(await pulled(registry, 'new')).toBe('0123456789');
  });

  it('and mounts of a blob that is just being deleted leave it whole or not there', async () => {
    const registry = onSlowDisk();
    await pushBlob(registry, 'old', content);
    const [mounted] = await Promise.all([
      registry.ask(`POST /v2/new/blobs/uploads/?mount=${digest}&from=old`),
      registry.ask(`DELETE /v2/old/blobs/${digest}`),
    ]);
    expect(mounted.status).toBe(201);
    expect(await pulled(registry, 'new')).toBe('0123456789');
  });

  it('PX-07: the upload that was idle for longest makes room', async () => {
    const registry = testRegistry();
    const first = await openUpload(registry, 'app');
    const second = await openUpload(registry, 'app');
    await registry.ask(`PATCH ${first}`, { body: content });
    for (let i = 2; i < limits.sandboxUploads; i++) await openUpload(registry, 'app');
    await openUpload(registry, 'app');
    expect((await registry.ask(`GET ${second}`)).status).toBe(404);
    expect((await registry.ask(`GET ${first}`)).headers['range']).toBe('0-9');
  });

  it('BL-12: that do not fit into memory are refused with advice', async () => {
    const server = createRegistryServer({ files: memoryFiles(), blobs: memoryBlobs(15) });
    const registry = testRegistry(server);
    await pushBlob(registry, 'app', content);
    const upload = await openUpload(registry, 'app');
    const answer = await registry.ask(`PATCH ${upload}`, { body: concat(content, content) });
    expect(answer).toMatchObject({ status: 413, code: 'SIZE_INVALID' });
    expect(answer.text).toContain('--dir');
    const manifest = { headers: { 'content-type': 'application/x' }, body: utf8('{"much":"more"}') };
    expect((await registry.ask('PUT /v2/app/manifests/1', manifest)).status).toBe(413);
  });
});

/** Records take a while to be written, that of `new` longest, so that what happens meanwhile has its chance. */
function onSlowDisk(): TestRegistry {
  const files = memoryFiles();
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    const turns = path.includes('/new/') ? 25 : 5;
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    await files.write(path, bytes);
  };
  return testRegistry(createRegistryServer({ files: { ...files, write }, blobs: memoryBlobs() }));
}

describe('mounting', () => {
  const request = (query: string): string => `POST /v2/new/app/blobs/uploads/?${query}`;

  it.each([`mount=${digest}&from=app`, `from=app&mount=${encodeURIComponent(digest)}`])(
    '%s takes a blob over from another repository',
    async (query) => {
      const registry = testRegistry();
      await pushBlob(registry, 'app', content);
      expect(await registry.ask(request(query))).toMatchObject({
        status: 201,
        headers: { location: `/v2/new/app/blobs/${digest}`, 'docker-content-digest': digest },
      });
      expect(await pulled(registry, 'new/app')).toBe('0123456789');
    },
  );

  it.each([
    ['from a repository that does not have it', `mount=${digest}&from=other`],
    ['from a repository that cannot be', `mount=${digest}&from=../app`],
    ['from nowhere', `mount=${digest}`],
    ['of what is no digest', 'mount=latest&from=app'],
    ['of what nobody has', `mount=${digestOf(utf8('else'))}&from=app`],
  ])('%s falls back to a push', async (_, query) => {
    const registry = testRegistry();
    await pushBlob(registry, 'app', content);
    const answer = await registry.ask(request(query));
    expect(answer.status).toBe(202);
    const { status } = await registry.ask(`PUT ${answer.headers['location'] ?? ''}?digest=${digest}`, {
      body: content,
    });
    expect(status).toBe(201);
  });
});
