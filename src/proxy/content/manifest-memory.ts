// Manifests that were verified, in memory: a HEAD by signed tag then needs nobody but us.
import type { Digest } from '../../base/digest.ts';
import type { Gun } from '../../base/reference.ts';
import type { Manifest } from '../../registry/index.ts';

/** For each repository apart: what is known from one is no answer for another (CA-08). */
export class ManifestMemory {
  readonly #maxBytes: number;
  readonly #manifests = new Map<string, Manifest>();
  readonly #fetching = new Map<string, Promise<Manifest>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The manifest from memory, or what `fetch` gets; who asks meanwhile waits for the same answer (PX-19). */
  async get(gun: Gun, digest: Digest, fetch: () => Promise<Manifest>): Promise<Manifest> {
    const key = `${gun}@${digest}`;
    const known = this.#manifests.get(key);
    if (known !== undefined) {
      this.#forget(key, known);
      return this.#keep(key, known);
    }
    const under = this.#fetching.get(key);
    if (under !== undefined) return under;
    const fetching = fetch();
    this.#fetching.set(key, fetching);
    try {
      return this.#keep(key, await fetching);
    } finally {
      this.#fetching.delete(key);
    }
  }

  #keep(key: string, manifest: Manifest): Manifest {
    this.#manifests.set(key, manifest);
    this.#bytes += costOf(manifest);
    for (const [oldest, other] of this.#manifests) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest, other);
    }
    return manifest;
  }

  #forget(key: string, manifest: Manifest): void {
    this.#manifests.delete(key);
    this.#bytes -= costOf(manifest);
  }
}

/** Bytes of the document, and roughly those of what was read out of it. */
function costOf({ bytes, references }: Manifest): number {
  return bytes.byteLength + references.length * 256 + 512;
}
