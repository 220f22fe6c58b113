// A registry in this process and a client that calls it as a function.
import { decodeUtf8, utf8 } from '../../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { dockerManifest, ociManifest } from '../../../src/registry/index.ts';
import { createRegistryServer, type RegistryServer } from '../../../src/sandbox/registry/server.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { memoryFiles } from '../../../src/sandbox/storage/memory-files.ts';

export const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

export interface Answered {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Of the error envelope; undefined for an answer that has none. */
  readonly code: string | undefined;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** In one piece, or in several, the last of which may be an error: the client left. */
  readonly body?: Uint8Array | readonly (Uint8Array | Error)[];
}

export interface TestRegistry extends RegistryServer {
  /** `request` is a method and a target, as in `GET /v2/`. */
  readonly ask: (request: string, sent?: Sent) => Promise<Answered>;
}

export function testRegistry(server = newServer()): TestRegistry {
  return { ...server, ask: (request, sent) => ask(server, request, sent) };
}

function newServer(): RegistryServer {
  return createRegistryServer({ files: memoryFiles(), blobs: memoryBlobs() });
}

async function ask({ handle }: RegistryServer, request: string, sent: Sent = {}): Promise<Answered> {
  const [method = '', target = ''] = request.split(' ');
  const answer = await handle({ method, target, headers: sent.headers ?? {}, body: pieces(sent.body) });
  const bytes = method === 'HEAD' ? new Uint8Array() : await whole(answer.body);
  const text = decodeUtf8(bytes) ?? '';
  return {
    status: answer.status,
    headers: Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    bytes,
    text,
    code: answer.status >= 400 ? codeIn(text) : undefined,
  };
}

async function* pieces(body: Sent['body'] = []): AsyncIterable<Uint8Array> {
  for (const piece of body instanceof Uint8Array ? [body] : body) {
    // A request's pieces come one turn of the event loop after the other.
    await new Promise(setImmediate);
    if (piece instanceof Error) throw piece;
    yield Uint8Array.from(piece);
  }
}

export async function whole(
  body: Uint8Array | AsyncIterable<Uint8Array> = new Uint8Array(),
): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

function codeIn(text: string): string | undefined {
  if (text === '') return undefined;
  const { errors } = JSON.parse(text) as { errors: readonly { code: string; message: string }[] };
  return errors[0]?.message === '' ? undefined : errors[0]?.code;
}

/** Pushes a blob in one request. */
export async function pushBlob(
  { ask }: TestRegistry,
  repository: string,
  content: Uint8Array,
): Promise<Digest> {
  const digest = digestOf(content);
  const { status } = await ask(`POST /v2/${repository}/blobs/uploads/?digest=${digest}`, { body: content });
  if (status !== 201) throw new Error(`the blob was refused: HTTP ${status}`);
  return digest;
}

/** Opens an upload; answers where it goes on. */
export async function openUpload({ ask }: TestRegistry, repository: string): Promise<string> {
  const { headers } = await ask(`POST /v2/${repository}/blobs/uploads/`);
  return headers['location'] ?? '';
}

export interface ImageMembers {
  readonly mediaType?: string;
  readonly layers?: readonly Uint8Array[];
  /** Other members of the manifest, such as `subject`. */
  readonly rest?: object;
}

export interface TestImage {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly layers: readonly Digest[];
}

/** Pushes layers and config, and makes the manifest of them, which the test pushes. */
export async function prepareImage(
  registry: TestRegistry,
  repository: string,
  { mediaType = ociManifest, layers = [utf8('a layer')], rest = {} }: ImageMembers = {},
): Promise<TestImage> {
  const prefix = mediaType === dockerManifest ? 'application/vnd.docker' : 'application/vnd.oci.image';
  const config = utf8('{}');
  const digests: Digest[] = [];
  for (const layer of layers) digests.push(await pushBlob(registry, repository, layer));
  await pushBlob(registry, repository, config);
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: `${prefix}.config`, digest: digestOf(config), size: config.length },
    layers: digests.map((digest, i) => ({
      mediaType: `${prefix}.layer`,
      digest,
      size: layers[i]?.length ?? 0,
    })),
    ...rest,
  });
  return { mediaType, bytes, digest: digestOf(bytes), layers: digests };
}

/** Pushes an image under a tag, or by digest when the tag is empty. */
export async function pushImage(
  registry: TestRegistry,
  repository: string,
  tag: string,
  members?: ImageMembers,
): Promise<TestImage> {
  const image = await prepareImage(registry, repository, members);
  await putManifest(registry, repository, tag === '' ? image.digest : tag, image);
  return image;
}

/** Pushes a manifest that has to be accepted. */
export async function putManifest(
  { ask }: TestRegistry,
  repository: string,
  reference: string,
  { mediaType, bytes }: Pick<TestImage, 'mediaType' | 'bytes'>,
): Promise<Answered> {
  const headers = { 'content-type': mediaType };
  const answer = await ask(`PUT /v2/${repository}/manifests/${reference}`, { headers, body: bytes });
  if (answer.status !== 201) throw new Error(`the manifest was refused: ${answer.text}`);
  return answer;
}
