// The door of the verified cache.
export { giveBuffer, takeBuffer } from './buffers.ts';
export { openBlobCache } from './open.ts';
export type { CachedBlob, Span } from './cached-blob.ts';
export type { BlobCache, BlobCacheOptions, CacheFigures, Incoming } from './types.ts';
