// What a hash over a stream looks like to who computes one, wherever it is computed.
import type { Digest, DigestAlgorithm } from '../base/digest.ts';

/** One hash over the pieces of one stream, in order. */
export interface StreamHash {
  /**
   * Takes the next piece. When it answers a promise, the bytes must stay as they are, and nothing else be asked, until that
   * resolves. Nobody has to look at it when they fail themselves.
   */
  update(bytes: Uint8Array): undefined | Promise<unknown>;
  /** The digest of everything. The last call. */
  digest(): Digest | Promise<Digest>;
  /** Instead of `digest`, when nobody wants it any more. */
  abandon(): void;
}

/** @param size of the stream, when it is known */
export type BeginHash = (algorithm: DigestAlgorithm, size: number | undefined) => StreamHash;
