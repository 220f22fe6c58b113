// What the registry client offers to the command line and to the proxy.
import type { Digest } from '../base/digest.ts';
import type { Tag } from '../base/reference.ts';
import type { Login } from '../http/credentials.ts';

/** A manifest or index whose bytes were hashed by us. */
export interface Manifest {
  readonly bytes: Uint8Array;
  /** Of the bytes: the digest that was asked for, or sha256 when a tag was asked for. Never what a header claims. */
  readonly digest: Digest;
  /** From the document itself (`mediaType`, else its shape), never from the upstream header alone (MF-07). */
  readonly mediaType: string;
  /** Digests of children, config and layers, as the document lists them. */
  readonly references: readonly Descriptor[];
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly kind: 'manifest' | 'config' | 'layer';
}

/** What a registry lists as referring to some manifest: its word, which nobody signed (MF-14). */
export interface Referrer extends Omit<Descriptor, 'kind'> {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A blob on its way; read it once with `deliver`, or cancel it. */
export interface Blob {
  readonly digest: Digest;
  /** What the registry says the size is; undefined when it does not say. Believed only once the hash matched. */
  readonly size: number | undefined;
  /**
   * Hands over the content in order and waits for the promise `onChunk` may return (back-pressure); chunks are only valid
   * until then. The last piece (at least one byte of any non-empty blob, normally up to 64 KiB) is handed over only after
   * the whole content matched the digest and the announced size (BL-05). Answers the number of bytes.
   * @throws CONTENT_MISMATCH before the last piece; CUT_OFF, TIMEOUT; LIMIT
   */
  deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<number>;
  cancel(): void;
}

/** What became of the requests to one registry since the start: numbers for the operator. */
export interface RegistryFigures {
  /** Requests that were sent again after a failure that passes. */
  readonly retries: number;
  /** Blobs that broke off and were asked for from where they broke. */
  readonly resumes: number;
}

/** One registry, seen by one user. */
export interface Registry {
  /** `HOST[:PORT]` as it stands in references. */
  readonly host: string;
  /**
   * Fetches a manifest. By digest the bytes are verified against it; by tag they are whatever the registry serves now.
   * @throws MANIFEST_UNKNOWN, NAME_UNKNOWN, REGISTRY_DENIED, REGISTRY_REFUSED; CONTENT_MISMATCH, LIMIT, MANIFEST_REFUSED
   * (ambiguous, schema 1, not a manifest); the transport family
   */
  manifest(repository: string, reference: Tag | Digest, signal?: AbortSignal): Promise<Manifest>;
  /** @throws BLOB_UNKNOWN, REGISTRY_DENIED, REGISTRY_REFUSED; LIMIT; the transport family */
  blob(repository: string, digest: Digest, signal?: AbortSignal): Promise<Blob>;
  /** The size the registry announces for a blob (a hint until verified); undefined when it does not say. Errors as `blob`. */
  blobSize(repository: string, digest: Digest, signal?: AbortSignal): Promise<number | undefined>;
  /** All tags the registry lists, as it orders them; not trust data. */
  tags(repository: string, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * What the registry lists as referring to a manifest, in its order, each once; none where it has no such list. Where it has no
   * such API, the list under the tag that stands in for it (OCI distribution 1.1, "Referrers Tag Schema"). Not trust data.
   * @throws REFERRERS_REFUSED, LIMIT; REGISTRY_DENIED, REGISTRY_REFUSED; the transport family
   */
  referrers(repository: string, subject: Digest, signal?: AbortSignal): Promise<readonly Referrer[]>;
  /** For all users together; absent where nobody counts. */
  readonly figures?: () => RegistryFigures;
  /** The same registry as a caller with this account sees it; present where callers bring their own. */
  readonly as?: (caller: Login) => CallersRegistry;
}

/** One registry, seen by a caller with an account of its own. Errors of both: REGISTRY_DENIED; the transport family. */
export interface CallersRegistry extends Registry {
  /** Passes when the registry accepts the account. */
  login(signal?: AbortSignal): Promise<void>;
  /**
   * Passes when the account may pull from that repository, or could a moment ago. Registries are asked for one tag of their
   * list; those that show the account no list, for what it wants.
   * @param wanted `manifests/REFERENCE` or `blobs/DIGEST`
   * @throws NAME_UNKNOWN, REGISTRY_REFUSED too
   */
  admit(repository: string, wanted: string | undefined, signal?: AbortSignal): Promise<void>;
}
