// Manifests by tag and by digest: PUT, GET, HEAD, DELETE (OCI distribution 1.1, "Pulling", "Pushing", "Deleting manifests").
import { concat } from '../../base/bytes.ts';
import { asDigest, digestAlgorithm, digestOf, type Digest } from '../../base/digest.ts';
import { limits } from '../../base/limits.ts';
import type { Tag } from '../../base/reference.ts';
import { ociIndex, ociManifest } from '../../registry/index.ts';
import type { SandboxAnswer, SandboxRequest } from '../http/handler.ts';
import { readManifestDocument, type ManifestDocument } from './manifest-document.ts';
import type { RecordDraft, RepositoryRecord, StoredManifest } from './record.ts';
import { Refusal } from './refusal.ts';
import type { RegistryState } from './state.ts';
import { append, arriving } from './uploads.ts';

interface ManifestRoute {
  readonly repository: string;
  readonly reference: Tag | Digest;
}

export async function getManifest(
  state: RegistryState,
  route: ManifestRoute,
  { headers }: SandboxRequest,
): Promise<SandboxAnswer> {
  const { digest, manifest } = await find(state, route);
  refuseUnwanted(manifest.mediaType, headers['accept']);
  const entityTag = `"${digest}"`;
  const always = { 'Docker-Content-Digest': digest, ETag: entityTag };
  if (headers['if-none-match'] === entityTag) return { status: 304, headers: always };
  return {
    status: 200,
    headers: { ...always, 'Content-Type': manifest.mediaType, 'Content-Length': String(manifest.size) },
    body: await state.contents.read(digest),
  };
}

/**
 * As Docker's registry, an OCI manifest is not served to a client that names other types only, because those fail with
 * worse explanations. Nothing is ever converted: that would change the digest (MF-13).
 */
function refuseUnwanted(mediaType: string, accept: string | undefined): void {
  if (accept === undefined || ![ociManifest, ociIndex].includes(mediaType)) return;
  const accepted = accept.split(',').map((item) => item.split(';', 1)[0]?.trim().toLowerCase());
  if (!accepted.some((type) => type === mediaType || type === '*/*' || type === 'application/*'))
    throw new Refusal(404, 'MANIFEST_UNKNOWN', `there is only ${mediaType}, which Accept does not list`);
}

export async function putManifest(
  state: RegistryState,
  { repository, reference }: ManifestRoute,
  { headers, body }: SandboxRequest,
): Promise<SandboxAnswer> {
  const bytes = await readManifestBody(body);
  const wanted = asDigest(reference);
  const digest = digestOf(bytes, wanted && digestAlgorithm(wanted));
  if (wanted !== undefined && digest !== wanted)
    throw new Refusal(400, 'DIGEST_INVALID', `the manifest's digest is ${digest}`);
  const manifest = readManifestDocument(bytes, headers['content-type']);
  refuseIncomplete(manifest, await state.repositories.find(repository), repository);

  const { mediaType, subject } = manifest;
  const stored: StoredManifest = { mediaType, size: bytes.byteLength, ...(subject && { subject }) };
  const enter = (draft: RecordDraft): void => {
    draft.manifests.set(digest, stored);
    if (wanted === undefined) draft.tags.set(reference as Tag, digest);
  };
  const upload = await state.blobs.begin();
  try {
    await append(upload, bytes);
  } catch (error) {
    await upload.abandon();
    throw error;
  }
  await state.contents.store(upload, digest, repository, enter);
  return {
    status: 201,
    headers: {
      Location: `/v2/${repository}/manifests/${digest}`,
      'Docker-Content-Digest': digest,
      ...(subject && { 'OCI-Subject': subject }),
    },
  };
}

/** By digest, the manifest and every tag of it; by tag, that tag alone (OCI distribution 1.1, "Deleting tags"). */
export async function deleteManifest(
  { contents, repositories }: RegistryState,
  { repository, reference }: ManifestRoute,
): Promise<SandboxAnswer> {
  const record = await repositories.find(repository);
  const digest = asDigest(reference);
  if (digest === undefined) {
    if (record?.tags.has(reference as Tag) !== true) throw unknown(repository, reference);
    await repositories.change(repository, (draft) => draft.tags.delete(reference as Tag));
    return { status: 202, headers: {} };
  }
  if (record?.manifests.has(digest) !== true) throw unknown(repository, reference);
  await contents.remove(digest, repository, (draft) => {
    draft.manifests.delete(digest);
    for (const [tag, named] of draft.tags) if (named === digest) draft.tags.delete(tag);
  });
  return { status: 202, headers: {} };
}

async function find(
  { repositories, overlays }: RegistryState,
  { repository, reference }: ManifestRoute,
): Promise<{ readonly digest: Digest; readonly manifest: StoredManifest }> {
  const record = await repositories.find(repository);
  const digest =
    asDigest(reference) ?? overlays.tag(repository, reference as Tag) ?? record?.tags.get(reference as Tag);
  const manifest = digest && record?.manifests.get(digest);
  if (digest === undefined || manifest === undefined) throw unknown(repository, reference);
  return { digest, manifest };
}

async function readManifestBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of arriving(body)) {
    size += chunk.byteLength;
    if (size > limits.manifestBytes)
      throw new Refusal(413, 'SIZE_INVALID', `a manifest has at most ${limits.manifestBytes} bytes`);
    chunks.push(chunk);
  }
  return concat(...chunks);
}

/** What a manifest refers to has to be here first, so that whoever can pull it can pull all of it. */
function refuseIncomplete(
  { blobs, manifests }: ManifestDocument,
  record: RepositoryRecord | undefined,
  repository: string,
): void {
  const missing =
    blobs.find((digest) => record?.blobs.has(digest) !== true) ??
    manifests.find((digest) => record?.manifests.has(digest) !== true);
  if (missing !== undefined)
    throw new Refusal(400, 'MANIFEST_BLOB_UNKNOWN', `${repository} does not have ${missing}`);
}

function unknown(repository: string, reference: string): Refusal {
  return new Refusal(404, 'MANIFEST_UNKNOWN', `${repository} has no manifest ${reference}`);
}
