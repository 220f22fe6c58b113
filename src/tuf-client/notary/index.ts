// Door of the wire: talking to a Notary v1 server.
export { parseServerUrl } from './endpoints.ts';
export { createNotaryStore, type NotaryStore, type NotaryStoreOptions } from './store.ts';
