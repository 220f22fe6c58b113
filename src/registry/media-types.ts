// The kinds of manifest that dct understands, and what it tells registries about it.

export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociArtifact = 'application/vnd.oci.artifact.manifest.v1+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';

/** Which member lists the content: `manifests` in an index, `layers` in an image, `blobs` in an artifact. */
export type Shape = 'manifests' | 'layers' | 'blobs';

/** Every media type that is accepted, with the shape that its documents have. */
export const shapes: ReadonlyMap<string, Shape> = new Map([
  [ociIndex, 'manifests'],
  [dockerList, 'manifests'],
  [ociManifest, 'layers'],
  [dockerManifest, 'layers'],
  [ociArtifact, 'blobs'],
]);

/** All of them at once: asking for fewer makes some registries convert, which changes the digest (MF-13). */
export const acceptManifests = [...shapes.keys()].join(', ');
