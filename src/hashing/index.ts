// Door of the hashes over streams: on the thread that asks, or on threads of their own.
export { hashHere } from './here.ts';
export { openHashThreads, type HashThreads } from './threads.ts';
export type { BeginHash, StreamHash } from './types.ts';
