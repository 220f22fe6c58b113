// Door of what is kept on disk: Docker's metadata cache, and our version ledger.
export { createLedger, type Ledger } from './ledger.ts';
export { createMetadataCache, type MetadataCache } from './metadata-cache.ts';
