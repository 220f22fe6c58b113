// What the cache offers to the proxy.
import type { Digest } from '../base/digest.ts';
import type { Clock, Notices } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import type { CachedBlob } from './cached-blob.ts';
import type { CacheCalls } from './calls.ts';
import type { ScrubPace } from './scrub.ts';

export interface BlobCacheOptions {
  /** An absolute path; the directory is made when it is missing. */
  readonly directory: string;
  /** The most bytes of content that stay; a blob that is larger is never kept. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly scrub?: Partial<ScrubPace>;
  readonly calls?: CacheCalls;
}

/** Content that is being received; every method but `write` and `read` may be called at any time and never rejects. */
export interface Incoming {
  /** @throws what the system says, and EFBIG beyond the size of the cache; then the content will not be kept */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Answers how many bytes came. @throws DISK */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Keeps the content, of which the caller has verified every byte that was written. False when the disk would not. */
  keep(size: number): Promise<boolean>;
  /** Ends the writing without keeping anything. */
  discard(): Promise<void>;
  /** The last call: nobody reads any more. */
  close(): Promise<void>;
}

/** Numbers for the operator. */
export interface CacheFigures {
  readonly entries: number;
  readonly bytes: number;
  readonly evicted: number;
  /** Entries whose content was wrong, removed when it was noticed. */
  readonly wrong: number;
  /** Entries that were read again in the background. */
  readonly scrubbed: number;
  /** Operations that the disk refused. */
  readonly failures: number;
}

/** Verified content on disk. No method rejects because of the disk: then the cache has nothing and keeps nothing (CA-02). */
export interface BlobCache {
  /** Opens an entry, to be closed by the caller; undefined when there is none. */
  open(digest: Digest): Promise<CachedBlob | undefined>;
  /** A place for content; undefined when it is too large or the disk has none. */
  receive(digest: Digest, size: number | undefined): Promise<Incoming | undefined>;
  /** Keeps small content. @throws BUG when the bytes are not those of the digest */
  store(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** True when `digest` was seen in this repository before (CA-08). */
  wasSeen(digest: Digest, gun: Gun): Promise<boolean>;
  /** Remembers that it was, after the registry said so. */
  noteSeen(digest: Digest, gun: Gun): Promise<void>;
  figures(): CacheFigures;
  /** Stops what runs in the background. Open content stays readable. */
  close(): Promise<void>;
}
