// Content digests as registries write them: `sha256:` and 64 lower-case hexadecimal digits (OCI image spec, descriptor.md).
import { createHash, type Hash } from 'node:crypto';
import { DctError } from './errors.ts';
import { toHex } from './bytes.ts';

declare const digestBrand: unique symbol;
/** A validated digest, `sha256:<64 hex>` or `sha512:<128 hex>`. */
export type Digest = string & { readonly [digestBrand]: true };

export type DigestAlgorithm = 'sha256' | 'sha512';

const forms: Record<DigestAlgorithm, RegExp> = {
  sha256: /^sha256:[0-9a-f]{64}$/,
  sha512: /^sha512:[0-9a-f]{128}$/,
};

/** The digest, or undefined when the text is not one that dct can verify. */
export function asDigest(text: string): Digest | undefined {
  return forms.sha256.test(text) || forms.sha512.test(text) ? (text as Digest) : undefined;
}

/** @throws DIGEST_INVALID */
export function parseDigest(text: string): Digest {
  const digest = asDigest(text);
  if (digest === undefined) throw new DctError('DIGEST_INVALID', { digest: text });
  return digest;
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest whose raw hash these bytes are. */
export function digestOfHash(algorithm: DigestAlgorithm, hash: Uint8Array): Digest {
  return parseDigest(`${algorithm}:${toHex(hash)}`);
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** An incremental hash for streams: OpenSSL's, several times faster than JavaScript on a layer. */
export function streamHash(algorithm: DigestAlgorithm): Hash {
  return createHash(algorithm);
}
