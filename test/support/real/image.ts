// Images and indexes made in memory, in OCI and in Docker form, and pushed over plain HTTP.
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type ImageFormat = 'oci' | 'docker';

/** Content that can be produced again and again, so that half a gigabyte never has to be in memory. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  content(): Iterable<Uint8Array>;
}

/** A manifest or an index: the exact bytes, and everything that has to be pushed before it. */
export interface Image {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly size: number;
  readonly blobs: readonly BlobSource[];
  readonly manifests: readonly Image[];
}

const mediaTypes = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
  },
} as const;

export interface ImageOptions {
  readonly format?: ImageFormat;
  readonly layers?: readonly BlobSource[];
  readonly architecture?: string;
  /** More members of the manifest, such as `subject`. */
  readonly members?: object;
}

/** An image of its own: without `layers` it gets one small random layer, so no two images share a digest. */
export function buildImage(options: ImageOptions = {}): Image {
  const { format = 'oci', layers = [randomBlob(4096)], architecture = 'amd64', members = {} } = options;
  const types = mediaTypes[format];
  const config = blobOf(
    json({
      architecture,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    }),
  );
  const describe = (mediaType: string, blob: BlobSource): object => ({
    mediaType,
    digest: blob.digest,
    size: blob.size,
  });
  return imageOf(
    types.manifest,
    json({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: describe(types.config, config),
      layers: layers.map((layer) => describe(types.layer, layer)),
      ...members,
    }),
    { blobs: [config, ...layers] },
  );
}

/** One name for several architectures, whose images share `layers` or have one random layer each. */
export function buildIndex(
  format: ImageFormat = 'oci',
  architectures: readonly string[] = ['amd64', 'arm64'],
  layers?: readonly BlobSource[],
): Image {
  const type = mediaTypes[format].index;
  const manifests = architectures.map((architecture) =>
    buildImage({ format, architecture, ...(layers && { layers }) }),
  );
  const entries = manifests.map(({ mediaType, digest, size }, position) => ({
    mediaType,
    digest,
    size,
    platform: { architecture: architectures[position], os: 'linux' },
  }));
  return imageOf(type, json({ schemaVersion: 2, mediaType: type, manifests: entries }), { manifests });
}

/** What clients keep under the referrers tag of an image where the registry has no API for it (OCI distribution 1.1). */
export function referrersIndex(referrers: readonly Image[], artifactType: string): Image {
  const type = mediaTypes.oci.index;
  const manifests = referrers.map(({ mediaType, digest, size }) => ({
    mediaType,
    digest,
    size,
    artifactType,
  }));
  return imageOf(type, json({ schemaVersion: 2, mediaType: type, manifests }), { manifests: referrers });
}

/** A blob of random bytes held in memory. */
export function randomBlob(size: number): BlobSource {
  return blobOf(randomBytes(size));
}

/** A blob of any size that repeats one random mebibyte, each time with its own number in front. */
export function largeBlob(size: number): BlobSource {
  const block = randomBytes(1024 * 1024);
  function* content(): Iterable<Uint8Array> {
    for (let offset = 0; offset < size; offset += block.length) {
      const piece = Buffer.from(block.subarray(0, Math.min(block.length, size - offset)));
      if (piece.length >= 8) piece.writeBigUInt64BE(BigInt(offset));
      yield piece;
    }
  }
  const hash = createHash('sha256');
  for (const piece of content()) hash.update(piece);
  return { digest: `sha256:${hash.digest('hex')}`, size, content };
}

/** Pushes everything the image refers to, then the image itself: under `tag`, or by digest alone. */
export async function pushImage(
  registry: string,
  repository: string,
  image: Image,
  tag?: string,
): Promise<void> {
  for (const child of image.manifests) await pushImage(registry, repository, child);
  for (const blob of image.blobs) await pushBlob(registry, repository, blob);
  await pushManifest(registry, repository, image, tag);
}

/** The image itself, when everything that it refers to is there. */
export async function pushManifest(
  registry: string,
  repository: string,
  image: Image,
  tag?: string,
): Promise<void> {
  const url = `${registry}/v2/${repository}/manifests/${tag ?? image.digest}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': image.mediaType },
    body: new Uint8Array(image.bytes),
  });
  if (response.status !== 201)
    throw new Error(`PUT ${url}: HTTP ${response.status} ${await response.text()}`);
}

export async function pushBlob(registry: string, repository: string, blob: BlobSource): Promise<void> {
  const start = await fetch(`${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = start.headers.get('location');
  if (start.status !== 202 || location === null)
    throw new Error(`the upload was refused: HTTP ${start.status}`);
  const target = new URL(location, registry);
  target.searchParams.set('digest', blob.digest);
  const upload = request(target, {
    method: 'PUT',
    headers: { 'content-length': blob.size },
    // One that was left open may just be closing.
    agent: false,
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    upload.on('error', reject);
    upload.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  const [, status] = await Promise.all([pipeline(Readable.from(blob.content()), upload), answered]);
  if (status !== 201) throw new Error(`PUT of blob ${blob.digest}: HTTP ${String(status)}`);
}

function blobOf(bytes: Uint8Array): BlobSource {
  return { digest: digestOf(bytes), size: bytes.length, content: () => [bytes] };
}

function imageOf(
  mediaType: string,
  bytes: Uint8Array,
  parts: Partial<Pick<Image, 'blobs' | 'manifests'>>,
): Image {
  return {
    mediaType,
    bytes,
    digest: digestOf(bytes),
    size: bytes.length,
    blobs: [],
    manifests: [],
    ...parts,
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
