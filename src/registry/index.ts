// The door of the registry client.
export {
  acceptManifests,
  dockerList,
  dockerManifest,
  ociArtifact,
  ociIndex,
  ociManifest,
} from './media-types.ts';
export { readManifest } from './manifest.ts';
export { createRegistry, type RegistryOptions } from './registry.ts';
export type {
  Blob,
  CallersRegistry,
  Descriptor,
  Manifest,
  Referrer,
  Registry,
  RegistryFigures,
} from './types.ts';
