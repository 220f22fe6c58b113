// Both forms of blob storage, and content to put into them.
import type { Digest } from '../../../src/base/digest.ts';
import type { BlobStorage, ByteRange } from '../../../src/sandbox/storage/blob-storage.ts';
import { directoryBlobs } from '../../../src/sandbox/storage/directory-blobs.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { temporaryDirectory } from '../../disk/support.ts';

export const forms: readonly [string, () => Promise<BlobStorage>][] = [
  ['in memory', () => Promise.resolve(memoryBlobs())],
  ['in a directory', async () => directoryBlobs(await temporaryDirectory())],
];

/** Stores content that comes in these pieces; answers whether its digest was right. */
export async function store(
  blobs: BlobStorage,
  digest: Digest,
  ...pieces: readonly Uint8Array[]
): Promise<boolean> {
  const upload = await blobs.begin();
  for (const piece of pieces) await upload.append(Uint8Array.from(piece));
  return upload.finish(digest);
}

export async function read(blobs: BlobStorage, digest: Digest, range?: ByteRange): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.open(digest, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
