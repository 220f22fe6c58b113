// Reads a manifest that is being pushed: what kind it is, and what it refers to (OCI image spec; Docker schema 2).
import { asDigest, type Digest } from '../../base/digest.ts';
import {
  isJsonObject,
  JsonProblem,
  member,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../../base/json.ts';
import { dockerList, dockerManifest, ociArtifact, ociIndex, ociManifest } from '../../registry/index.ts';
import { Refusal } from './refusal.ts';

export interface ManifestDocument {
  readonly mediaType: string;
  readonly document: JsonObject;
  /** In the document's order, foreign ones included; of an artifact, its blobs. */
  readonly layers: readonly Digest[];
  /** Blobs and manifests that have to be in the repository before this manifest. */
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
  /** Need not exist (OCI distribution 1.1, "Pushing Manifests with Subject"). */
  readonly subject: Digest | undefined;
}

/** Which members hold descriptors, by media type. Of other types only `subject` is looked at. */
const members: ReadonlyMap<string, { readonly single?: 'config'; readonly list: string }> = new Map([
  [dockerManifest, { single: 'config', list: 'layers' }],
  [ociManifest, { single: 'config', list: 'layers' }],
  [dockerList, { list: 'manifests' }],
  [ociIndex, { list: 'manifests' }],
  [ociArtifact, { list: 'blobs' }],
]);

/** Content that licences forbid to push lies elsewhere. */
const foreignLayer = /\.foreign\.|\.nondistributable\./;
/** The digest of schema 1 leaves a part of the document out, so it cannot be content-addressed (MF-11). */
const schemaOne = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * @param contentType of the request; without one the document's own `mediaType` counts
 * @throws Refusal
 */
export function readManifestDocument(bytes: Uint8Array, contentType: string | undefined): ManifestDocument {
  const document = parse(bytes);
  const own = member(document, 'mediaType');
  if (own !== undefined && typeof own !== 'string') throw invalid('its mediaType is not a string');
  const announced = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const mediaType = announced ?? own;
  if (mediaType === undefined || mediaType === '') throw invalid('it has no media type');
  if (schemaOne.test(mediaType) || member(document, 'schemaVersion') === 1)
    throw invalid('schema 1 is outdated and refused; push it again with a current tool');
  if (own !== undefined && own !== mediaType)
    throw invalid(`its mediaType ${own} contradicts the Content-Type ${mediaType}`);

  const subject = member(document, 'subject');
  return {
    mediaType,
    document,
    ...references(document, mediaType),
    subject: subject === undefined || subject === null ? undefined : digestIn(subject, 'subject'),
  };
}

function parse(bytes: Uint8Array): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(bytes, { numbers: 'any' });
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw invalid(`${error.path}: ${error.message}`);
  }
  if (!isJsonObject(value)) throw invalid('it is not a JSON object');
  return value;
}

function references(
  document: JsonObject,
  mediaType: string,
): Pick<ManifestDocument, 'layers' | 'blobs' | 'manifests'> {
  const shape = members.get(mediaType);
  if (shape === undefined) return { layers: [], blobs: [], manifests: [] };
  // The artifact manifest, which never became part of the specification, has no version.
  if (mediaType !== ociArtifact && member(document, 'schemaVersion') !== 2)
    throw invalid('its schemaVersion is not 2');
  const single = shape.single && digestIn(member(document, shape.single), shape.single);
  const list = member(document, shape.list);
  // Go writes a list that was never filled as null, and an artifact may be its config alone.
  const entries = list === null || (list === undefined && shape.list === 'blobs') ? [] : list;
  if (!Array.isArray(entries)) throw invalid(`its "${shape.list}" is not a list`);
  const items = (entries as readonly JsonValue[]).map((entry, position) => ({
    digest: digestIn(entry, `${shape.list}[${position}]`),
    foreign: isForeign(entry),
  }));
  const digests = items.map(({ digest }) => digest);
  if (shape.list === 'manifests') return { layers: [], blobs: [], manifests: digests };
  const own = items.filter(({ foreign }) => !foreign).map(({ digest }) => digest);
  return { layers: digests, blobs: single === undefined ? own : [single, ...own], manifests: [] };
}

function digestIn(value: JsonValue | undefined, path: string): Digest {
  const text = isJsonObject(value) ? member(value, 'digest') : undefined;
  const digest = typeof text === 'string' ? asDigest(text) : undefined;
  if (digest === undefined) throw invalid(`${path} is not a descriptor with a sha256 or sha512 digest`);
  return digest;
}

function isForeign(descriptor: JsonValue): boolean {
  const mediaType = isJsonObject(descriptor) ? member(descriptor, 'mediaType') : undefined;
  return typeof mediaType === 'string' && foreignLayer.test(mediaType);
}

function invalid(problem: string): Refusal {
  return new Refusal(400, 'MANIFEST_INVALID', `the manifest is refused: ${problem}`);
}
