// Reading and deleting blobs: GET and HEAD with ranges, DELETE (OCI distribution 1.1, "Pulling Blobs", "Deleting Blobs").
import type { Digest } from '../../base/digest.ts';
import type { SandboxAnswer, SandboxRequest } from '../http/handler.ts';
import type { ByteRange } from '../storage/blob-storage.ts';
import { alter, alteredSize } from './alteration.ts';
import { wantedRange } from './range.ts';
import { Refusal } from './refusal.ts';
import type { RegistryState } from './state.ts';

interface BlobRoute {
  readonly repository: string;
  readonly digest: Digest;
}

/** Under attack the content changes, and the length with it, while the headers go on claiming the digest. */
export async function getBlob(
  state: RegistryState,
  { repository, digest }: BlobRoute,
  { headers }: SandboxRequest,
): Promise<SandboxAnswer> {
  const honestSize = await sizeOf(state, repository, digest);
  const how = state.overlays.blob(repository, digest);
  const size = how === undefined ? honestSize : alteredSize(honestSize, how);
  const entityTag = `"${digest}"`;
  const always = { 'Docker-Content-Digest': digest, ETag: entityTag, 'Accept-Ranges': 'bytes' };
  if (headers['if-none-match'] === entityTag) return { status: 304, headers: always };

  // RFC 9110 13.1.5: a part only of what the client already has a part of.
  const sameAsBefore = headers['if-range'] === undefined || headers['if-range'] === entityTag;
  const part = sameAsBefore ? wantedRange(headers['range'], size) : undefined;
  const range: ByteRange = part ?? { start: 0, end: size };
  const honest = (within: ByteRange): AsyncIterable<Uint8Array> => state.blobs.open(digest, within);
  return {
    status: part === undefined ? 200 : 206,
    headers: {
      ...always,
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(range.end - range.start),
      ...(part && { 'Content-Range': `bytes ${part.start}-${part.end - 1}/${size}` }),
    },
    body: how === undefined ? honest(range) : alter(how, honestSize, range, honest),
  };
}

export async function deleteBlob(
  state: RegistryState,
  { repository, digest }: BlobRoute,
): Promise<SandboxAnswer> {
  await sizeOf(state, repository, digest);
  await state.contents.remove(digest, repository, (draft) => draft.blobs.delete(digest));
  return { status: 202, headers: { 'Docker-Content-Digest': digest } };
}

/** @throws Refusal for a blob that this repository does not have, whoever else has it */
async function sizeOf(
  { repositories, blobs }: RegistryState,
  repository: string,
  digest: Digest,
): Promise<number> {
  const linked = (await repositories.find(repository))?.blobs.has(digest) === true;
  const size = linked ? await blobs.size(digest) : undefined;
  if (size === undefined) throw new Refusal(404, 'BLOB_UNKNOWN', `${repository} has no blob ${digest}`);
  return size;
}
