// `verify --deep`: everything that a signed tag stands for, fetched from the registry and hashed.
import { digestAlgorithm, digestOf, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Descriptor, Manifest, Registry } from '../registry/index.ts';
import type { ReleasedTarget } from '../tuf-client/index.ts';

export interface DeepReport {
  readonly manifests: number;
  readonly blobs: number;
  /** Content that was hashed, in bytes. */
  readonly bytes: number;
  /** Layers that are kept outside of registries by declaration, and were not looked at. */
  readonly skipped: readonly Digest[];
  /** What did not pass, in the order of discovery: the trust and the registry family. */
  readonly failures: readonly DctError[];
}

export interface DeepOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/**
 * Walks from the signed manifest to every child manifest, configuration and layer, each once. What is wrong with one piece
 * is recorded and the walk goes on, so that one run names all of it.
 * @throws the transport family: without an answer there is no verdict
 */
export async function deepCheck(
  registry: Registry,
  repository: string,
  target: ReleasedTarget,
  options: DeepOptions,
): Promise<DeepReport> {
  const walk = new Walk(registry, repository, options);
  await walk.signedManifest(target);
  return walk.report();
}

class Walk {
  readonly #registry: Registry;
  readonly #repository: string;
  readonly #options: DeepOptions;
  readonly #seen = new Set<Digest>();
  readonly #skipped: Digest[] = [];
  readonly #failures: DctError[] = [];
  #manifests = 0;
  #blobs = 0;
  #bytes = 0;

  constructor(registry: Registry, repository: string, options: DeepOptions) {
    this.#registry = registry;
    this.#repository = repository;
    this.#options = options;
  }

  report(): DeepReport {
    const [manifests, blobs, bytes] = [this.#manifests, this.#blobs, this.#bytes];
    return { manifests, blobs, bytes, skipped: this.#skipped, failures: this.#failures };
  }

  async signedManifest(target: ReleasedTarget): Promise<void> {
    await this.#recording(async () => {
      const manifest = await this.#fetchManifest(target.digest, target.length);
      // The client checked the hash it asked by; whoever signed more hashes gets all of them checked.
      for (const digest of target.digests) {
        const actual = digestOf(manifest.bytes, digestAlgorithm(digest));
        if (actual !== digest) throw mismatch(`manifest ${target.digest}`, 'digest', digest, actual);
      }
      await this.#children(manifest);
    });
  }

  async #children(manifest: Manifest): Promise<void> {
    for (const descriptor of manifest.references) await this.#recording(() => this.#child(descriptor));
  }

  async #child(descriptor: Descriptor): Promise<void> {
    const { digest, kind, size } = descriptor;
    if (this.#seen.has(digest)) return;
    this.#seen.add(digest);
    if (kind === 'manifest') {
      await this.#children(await this.#fetchManifest(digest, size));
    } else if (isForeign(descriptor)) {
      this.#skipped.push(digest);
    } else {
      await this.#blob(descriptor);
    }
  }

  async #fetchManifest(digest: Digest, size: number): Promise<Manifest> {
    this.#options.onProgress(`checking manifest ${digest}`);
    const manifest = await this.#registry.manifest(this.#repository, digest, this.#options.signal);
    const actual = manifest.bytes.byteLength;
    if (actual !== size) throw mismatch(`manifest ${digest}`, 'size', String(size), String(actual));
    this.#manifests++;
    this.#bytes += actual;
    return manifest;
  }

  async #blob({ digest, kind, size }: Descriptor): Promise<void> {
    this.#options.onProgress(`checking ${kind} ${digest} (${size} bytes)`);
    const blob = await this.#registry.blob(this.#repository, digest, this.#options.signal);
    const actual = await blob.deliver(() => undefined);
    if (actual !== size) throw mismatch(`${kind} ${digest}`, 'size', String(size), String(actual));
    this.#blobs++;
    this.#bytes += actual;
  }

  async #recording(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!isDctError(error) || (error.family !== 'trust' && error.family !== 'registry')) throw error;
      this.#failures.push(error);
    }
  }
}

/** Layers that the image specification lets live elsewhere (OCI image spec, layer.md, "non-distributable"). */
function isForeign({ kind, mediaType }: Descriptor): boolean {
  return kind === 'layer' && /\.foreign\.|\.nondistributable\./.test(mediaType);
}

function mismatch(what: string, property: string, expected: string, actual: string): DctError {
  return new DctError('CONTENT_MISMATCH', { what, property, expected, actual });
}
