// Which manifest lists which content, within one repository.
import type { Digest } from '../../base/digest.ts';
import type { Descriptor } from '../../registry/index.ts';
import type { SignedTags } from './signed-tags.ts';

/** Digests name content, so what was true once is true for ever; only what is signed changes. */
export class ContentGraph {
  readonly #parents = new Map<Digest, Digest[]>();
  /** The manifests that each known manifest lists. */
  readonly #children = new Map<Digest, readonly Digest[]>();
  /** Manifests that were not there, and when. */
  readonly #missing = new Map<Digest, number>();
  #size = 0;
  /** Manifests are being read; whoever needs more waits for these. */
  reading: Promise<void> | undefined;
  /** These signed tags, and all that they lead to, were read. */
  complete: { readonly signed: SignedTags; readonly until: number } | undefined;

  /** Manifests, and references between them and their content. */
  get size(): number {
    return this.#size;
  }

  add(manifest: Digest, references: readonly Descriptor[]): void {
    this.#missing.delete(manifest);
    if (this.#children.has(manifest)) return;
    const listed = new Map(references.map((reference) => [reference.digest, reference]));
    const children = [...listed.values()].filter(({ kind }) => kind === 'manifest');
    this.#children.set(
      manifest,
      children.map(({ digest }) => digest),
    );
    for (const digest of listed.keys()) {
      const parents = this.#parents.get(digest);
      if (parents === undefined) this.#parents.set(digest, [manifest]);
      else parents.push(manifest);
    }
    this.#size += 1 + listed.size;
  }

  addMissing(manifest: Digest, at: number): void {
    this.#missing.set(manifest, at);
  }

  /** True when the digest is a root, or known manifests lead from one to it. */
  leadsTo(digest: Digest, isRoot: (digest: Digest) => boolean): boolean {
    const seen = new Set([digest]);
    // Grows while it is walked through.
    for (const one of seen) {
      if (isRoot(one)) return true;
      for (const parent of this.#parents.get(one) ?? []) seen.add(parent);
    }
    return false;
  }

  /**
   * Manifests that can be reached from the roots and are not known yet, so many at most; those that were missing after
   * `since` are left out.
   */
  unread(roots: Iterable<Digest>, since: number, most: number): readonly Digest[] {
    const found: Digest[] = [];
    const seen = new Set(roots);
    for (const manifest of seen) {
      if (found.length >= most) break;
      const children = this.#children.get(manifest);
      if (children !== undefined) for (const child of children) seen.add(child);
      else if ((this.#missing.get(manifest) ?? -Infinity) <= since) found.push(manifest);
    }
    return found;
  }
}
