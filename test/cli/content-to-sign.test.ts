// PB-10, PB-11: what is signed is what the registry's bytes are, never what it says about them.
import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { collections, contentToSign } from '../../src/cli/signing.ts';
import type { TargetToSign } from '../../src/tuf-client/author/index.ts';
import { answer, clientOf, json, scripted } from '../registry/support.ts';

const descriptor = (mediaType: string) => ({ mediaType, digest: `sha256:${'a'.repeat(64)}`, size: 7 });
const image = json({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: descriptor('application/vnd.oci.image.config.v1+json'),
  layers: [],
});
const index = json({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [descriptor('application/vnd.oci.image.manifest.v1+json')],
});
const schema1 = json({ schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [], history: [], signatures: [] });
const lies = {
  'content-type': 'text/html',
  'docker-content-digest': `sha256:${'b'.repeat(64)}`,
  etag: `"sha256:${'b'.repeat(64)}"`,
};
const [chosen] = collections(['registry.test/team/app:1.0']);

/** What would be signed when the registry answers like this. */
function collect(transport: ReturnType<typeof scripted>, digest?: Digest): Promise<readonly TargetToSign[]> {
  if (chosen === undefined) throw new Error('nothing was chosen');
  return contentToSign(
    clientOf(transport),
    chosen,
    { digest, origin: undefined },
    new AbortController().signal,
  );
}

describe('PB-10: what a tag stands for', () => {
  it.each([
    ['an image', image],
    ['an index', index],
  ])('%s is signed by its own digest and size, whatever the headers say', async (_what, bytes) => {
    expect(await collect(scripted(() => answer(200, lies, bytes)))).toEqual([
      { name: '1.0', digest: digestOf(bytes), length: bytes.byteLength },
    ]);
  });

  it('with one more byte is something else', async () => {
    const longer = Buffer.concat([image, Buffer.from('\n')]);
    const [target] = await collect(scripted(() => answer(200, {}, longer)));
    expect(target).toMatchObject({ digest: digestOf(longer), length: image.byteLength + 1 });
  });

  it.each([
    [
      'is not there',
      'MANIFEST_UNKNOWN',
      () => answer(404, {}, json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] })),
    ],
    ['is more than 4 MiB', 'LIMIT', () => answer(200, {}, new Uint8Array(4 * 1024 * 1024 + 1).fill(32))],
    ['is announced as more', 'LIMIT', () => answer(200, { 'content-length': '4194305' }, image)],
    ['is of schema 1', 'MANIFEST_UNSUITABLE', () => answer(200, {}, schema1)],
    ['is a page in HTML', 'MANIFEST_UNSUITABLE', () => answer(200, {}, Buffer.from('<html></html>'))],
  ])('that %s is not signed: %s', async (_what, code, reply) => {
    await expect(collect(scripted(reply))).rejects.toMatchObject({ code });
  });
});

describe('PB-11: the tag moves after the push', () => {
  const mine = digestOf(image);

  it('--digest asks for that content alone, and never for the tag', async () => {
    const transport = scripted(() => answer(200, {}, image));
    expect(await collect(transport, mine)).toMatchObject([{ name: '1.0', digest: mine }]);
    expect(transport.asked.map(({ url }) => url.pathname)).toEqual([`/v2/team/app/manifests/${mine}`]);
  });

  it('other content under that digest is not signed', async () => {
    await expect(
      collect(
        scripted(() => answer(200, {}, index)),
        mine,
      ),
    ).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
    });
  });
});
