// Attacks as a layer over honest storage: what is served instead of the truth, forgotten at restart.
import type { Digest } from '../../base/digest.ts';
import type { Tag } from '../../base/reference.ts';
import type { Alteration } from './alteration.ts';

export interface Overlays {
  /** What is done to a blob of that repository, if anything. */
  blob(repository: string, digest: Digest): Alteration | undefined;
  /** The manifest served under the tag instead of its own, if any. */
  tag(repository: string, tag: Tag): Digest | undefined;
  alter(repository: string, digest: Digest, how: Alteration): void;
  swap(repository: string, tag: Tag, digest: Digest): void;
  /** Ends all attacks on the repository, and tells how many there were. */
  restore(repository: string): number;
}

interface Overlay {
  readonly blobs: Map<Digest, Alteration>;
  readonly tags: Map<Tag, Digest>;
}

export function createOverlays(): Overlays {
  const overlays = new Map<string, Overlay>();
  const overlayOf = (repository: string): Overlay => {
    const known = overlays.get(repository) ?? { blobs: new Map(), tags: new Map() };
    overlays.set(repository, known);
    return known;
  };
  return {
    blob: (repository, digest) => overlays.get(repository)?.blobs.get(digest),
    tag: (repository, tag) => overlays.get(repository)?.tags.get(tag),
    alter: (repository, digest, how) => void overlayOf(repository).blobs.set(digest, how),
    swap: (repository, tag, digest) => void overlayOf(repository).tags.set(tag, digest),
    restore: (repository) => {
      const overlay = overlays.get(repository);
      overlays.delete(repository);
      return overlay === undefined ? 0 : overlay.blobs.size + overlay.tags.size;
    },
  };
}
