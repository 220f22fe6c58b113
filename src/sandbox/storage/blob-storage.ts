// Content by digest, written and read in pieces, so that no layer has to fit into memory at once.
import type { Digest } from '../../base/digest.ts';

/** Bytes from `start` up to, but without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobStorage {
  /** In bytes; undefined when there is no such content. */
  size(digest: Digest): Promise<number | undefined>;
  /** The content, or the part of it that lies within the range. Nothing is held open before the first piece is asked for. */
  open(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Does nothing when there is no such content. Whoever is reading it may read on. */
  delete(digest: Digest): Promise<void>;
  begin(): Promise<BlobUpload>;
}

/** Content on its way in. Its methods are called one after the other, never at the same time. */
export interface BlobUpload {
  /** Bytes stored so far. */
  readonly size: number;
  /** Takes the chunk over: the caller does not write to it any more. After an error the upload is as before the call. */
  append(chunk: Uint8Array): Promise<void>;
  /**
   * Ends the upload: the content becomes visible under `digest`, durably.
   * @returns false when the content has another digest; it is gone then
   */
  finish(digest: Digest): Promise<boolean>;
  /** Ends the upload and forgets what came. */
  abandon(): Promise<void>;
}
