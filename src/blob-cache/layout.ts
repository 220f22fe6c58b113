// Where everything lies in the cache's directory; every name is made from a digest that was checked before.
import { join } from 'node:path';
import { asDigest, digestAlgorithm, digestHex, type Digest } from '../base/digest.ts';

/** Content under its digest. Whatever stands here was verified before it got its name. */
export const blobs = 'blobs';
/** For each blob, in which repositories it was seen; when it was last used is when that file was last changed. */
export const seen = 'seen';
/** Content on its way, which nobody reads as content. */
export const incoming = 'incoming';

/** Blobs are spread over 256 directories for each algorithm: some file systems are slow with a million names in one. */
export function shardOf(digest: Digest): readonly [algorithm: string, prefix: string] {
  return [digestAlgorithm(digest), digestHex(digest).slice(0, 2)];
}

export function fileOf(root: string, part: typeof blobs | typeof seen, digest: Digest): string {
  return join(root, part, ...shardOf(digest), digestHex(digest));
}

/** The digest that a file is named by; undefined for a name that the cache does not give. */
export function digestOfFile(algorithm: string, name: string): Digest | undefined {
  return asDigest(`${algorithm}:${name}`);
}
