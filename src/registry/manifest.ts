// Reads a manifest so that it has one meaning: documents that two clients could read differently are refused (MF-07, MF-12).
import { DctError } from '../base/errors.ts';
import {
  isJsonObject,
  JsonProblem,
  member,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../base/json.ts';
import { readDescriptor } from './descriptor.ts';
import { ociArtifact, ociIndex, ociManifest, shapes, type Shape } from './media-types.ts';
import type { Descriptor } from './types.ts';

export interface ManifestContent {
  readonly mediaType: string;
  readonly references: readonly Descriptor[];
}

/** A manifest whose kind is certain, and whose descriptors nobody has looked at yet. */
export interface OpenedManifest {
  readonly mediaType: string;
  readonly document: JsonObject;
  readonly shape: Shape;
  /** The list that makes the shape. */
  readonly items: readonly JsonValue[];
}

/** What Go's parser would find in spite of other letter case, so a variant is a second meaning (JS-02). */
const knownNames = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'blobs',
  'subject',
  'artifactType',
];
const canonicalNames = new Map(knownNames.map((name) => [name.toLowerCase(), name]));

const defaultTypes: Record<Shape, string> = { manifests: ociIndex, layers: ociManifest, blobs: ociArtifact };
const kinds: Record<Shape, Descriptor['kind']> = { manifests: 'manifest', layers: 'layer', blobs: 'layer' };

/**
 * The media type and the descriptors of a manifest (OCI image spec: manifest.md, image-index.md; Docker schema 2).
 * @param reference names the manifest in errors
 * @throws MANIFEST_REFUSED
 */
export function readManifest(bytes: Uint8Array, reference: string): ManifestContent {
  const refuse = (problem: string, cause?: unknown): DctError =>
    new DctError('MANIFEST_REFUSED', { reference, problem }, cause);
  const { mediaType, document, shape, items } = openManifest(bytes, refuse);
  const read = (value: JsonValue, path: string, kind: Descriptor['kind']): Descriptor => ({
    ...readDescriptor(value, (problem) => refuse(`${path}: ${problem}`)),
    kind,
  });
  const references = items.map((item, i) => read(item, `${shape}[${i}]`, kinds[shape]));
  if (shape !== 'layers') return { mediaType, references };
  return {
    mediaType,
    references: [read(member(document, 'config') ?? null, 'config', 'config'), ...references],
  };
}

/** @throws what `refuse` makes */
export function openManifest(
  bytes: Uint8Array,
  refuse: (problem: string, cause?: unknown) => DctError,
): OpenedManifest {
  let document: JsonValue;
  try {
    document = parseJson(bytes, { numbers: 'any' });
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw refuse(`${error.path}: ${error.message}`, error);
  }
  if (!isJsonObject(document)) throw refuse('it is not a JSON object');
  refuseVariants(document, refuse);
  const version = member(document, 'schemaVersion');
  if (version === 1)
    throw refuse('it is in the outdated schema 1 format; push the image again with a current tool');

  const shape = shapeOf(document, refuse);
  const mediaType = member(document, 'mediaType') ?? defaultTypes[shape];
  if (typeof mediaType !== 'string' || !shapes.has(mediaType))
    throw refuse('its mediaType is not that of a manifest');
  if (shapes.get(mediaType) !== shape) throw refuse(`its mediaType ${mediaType} contradicts its "${shape}"`);
  if (version !== 2 && shape !== 'blobs') throw refuse('its schemaVersion is not 2');
  return { mediaType, document, shape, items: listAt(document, shape, refuse) };
}

/** Exactly one list decides what the document is; `config` belongs to images only. */
function shapeOf(document: JsonObject, refuse: (problem: string) => DctError): Shape {
  const present = (['manifests', 'layers', 'blobs'] as const).filter(
    (name) => member(document, name) !== undefined,
  );
  const [shape, other] = present;
  if (shape === undefined) throw refuse('it is neither an image nor an index');
  if (other !== undefined) throw refuse(`it has both "${shape}" and "${other}"`);
  if (shape !== 'layers' && member(document, 'config') !== undefined)
    throw refuse(`it has both "${shape}" and "config"`);
  return shape;
}

function refuseVariants(document: JsonObject, refuse: (problem: string) => DctError): void {
  for (const name of Object.keys(document)) {
    const canonical = canonicalNames.get(name.toLowerCase());
    if (canonical !== undefined && canonical !== name)
      throw refuse(`"${name}" can be mistaken for "${canonical}"`);
  }
}

function listAt(
  document: JsonObject,
  name: Shape,
  refuse: (problem: string) => DctError,
): readonly JsonValue[] {
  const value = member(document, name);
  // Go writes an empty list that was never filled as null; an artifact may consist of its config alone.
  if (value === null && name !== 'manifests') return [];
  if (!Array.isArray(value)) throw refuse(`"${name}" is not a list`);
  return value as readonly JsonValue[];
}
