// Pushing blobs: in one request, in two, or in chunks that can be resumed, and mounting (OCI distribution 1.1, "Pushing Blobs").
import { asDigest, type Digest } from '../../base/digest.ts';
import { isRepository } from '../../base/reference.ts';
import type { SandboxAnswer, SandboxRequest } from '../http/handler.ts';
import { sentRange } from './range.ts';
import { Refusal } from './refusal.ts';
import { contentDigest, type Target } from './route.ts';
import type { RegistryState } from './state.ts';
import { receive, type PendingUpload } from './uploads.ts';

interface UploadRoute {
  readonly repository: string;
  readonly id: string;
}

/** POST: mounts when asked to and able to, takes the whole blob when its digest is given, else opens an upload. */
export async function startUpload(
  state: RegistryState,
  { repository }: { readonly repository: string },
  request: SandboxRequest,
  query: Target['query'],
): Promise<SandboxAnswer> {
  const mounted = await mount(state, repository, query);
  if (mounted !== undefined) return created(repository, mounted);
  const wanted = query.get('digest');
  const digest = wanted === null ? undefined : contentDigest(wanted);
  const upload = await state.uploads.begin(repository);
  if (digest === undefined) return { status: 202, headers: progress(upload) };
  return state.uploads.write(upload, async () => {
    try {
      await receive(upload.content, request.body);
    } catch (error) {
      // Nobody knows where this upload is, so nobody could go on with it.
      await abandon(state, upload);
      throw error;
    }
    return finish(state, upload, digest);
  });
}

/** Without `from`, or when it is not there, the client pushes as if it had not asked (the specification's 202). */
async function mount(
  { contents }: RegistryState,
  repository: string,
  query: Target['query'],
): Promise<Digest | undefined> {
  const digest = asDigest(query.get('mount') ?? '');
  const from = query.get('from') ?? '';
  if (digest === undefined || !isRepository(from)) return undefined;
  return (await contents.mount(digest, from, repository)) ? digest : undefined;
}

/** PATCH: the next chunk, placed by Content-Range, or a stream of unknown length as Docker sends it. */
export async function continueUpload(
  state: RegistryState,
  { repository, id }: UploadRoute,
  { headers, body }: SandboxRequest,
): Promise<SandboxAnswer> {
  const upload = state.uploads.find(repository, id);
  await state.uploads.write(upload, () => receiveChunk(upload, headers, body));
  return { status: 202, headers: progress(upload) };
}

/** PUT: the last chunk, if there still is one, and the digest of the whole. */
export async function finishUpload(
  state: RegistryState,
  { repository, id }: UploadRoute,
  { headers, body }: SandboxRequest,
  query: Target['query'],
): Promise<SandboxAnswer> {
  const upload = state.uploads.find(repository, id);
  const digest = contentDigest(query.get('digest') ?? '');
  return state.uploads.write(upload, async () => {
    await receiveChunk(upload, headers, body);
    return finish(state, upload, digest);
  });
}

export function uploadStatus(state: RegistryState, { repository, id }: UploadRoute): SandboxAnswer {
  return { status: 204, headers: progress(state.uploads.find(repository, id)) };
}

export async function cancelUpload(
  state: RegistryState,
  { repository, id }: UploadRoute,
): Promise<SandboxAnswer> {
  const upload = state.uploads.find(repository, id);
  await state.uploads.write(upload, () => abandon(state, upload));
  return { status: 204, headers: {} };
}

/** A chunk in the wrong place is told where the upload stands, so that the client can go on from there. */
async function receiveChunk(
  upload: PendingUpload,
  headers: SandboxRequest['headers'],
  body: SandboxRequest['body'],
): Promise<void> {
  try {
    await receive(upload.content, body, sentRange(headers));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.status, error.code, error.message, progress(upload));
  }
}

async function finish(
  { contents, uploads }: RegistryState,
  upload: PendingUpload,
  digest: Digest,
): Promise<SandboxAnswer> {
  const { repository, content } = upload;
  // Whatever comes of it: content with a wrong digest does not become right by sending more of it.
  uploads.end(upload);
  if (!(await contents.store(content, digest, repository, (draft) => draft.blobs.add(digest))))
    throw new Refusal(400, 'DIGEST_INVALID', `what was uploaded is not ${digest}`);
  return created(repository, digest);
}

async function abandon({ uploads }: RegistryState, upload: PendingUpload): Promise<void> {
  uploads.end(upload);
  await upload.content.abandon();
}

function created(repository: string, digest: Digest): SandboxAnswer {
  const headers = { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest };
  return { status: 201, headers };
}

/** Relative, so that it holds behind any name, port or TLS. An empty upload reads `0-0`, as everywhere. */
function progress({ id, repository, content }: PendingUpload): Record<string, string> {
  return {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, content.size - 1)}`,
    'Docker-Upload-UUID': id,
  };
}
