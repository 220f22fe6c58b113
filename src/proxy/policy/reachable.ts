// Strict mode: which content belongs to a signed tag, learnt from the manifests themselves (MF-15, DP-09).
import type { Digest } from '../../base/digest.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import type { Manifest } from '../../registry/index.ts';
import { ContentGraph } from './content-graph.ts';
import type { SignedTags } from './signed-tags.ts';

/** The signed content to start from. */
export interface Roots {
  /** Everything that is signed. */
  readonly signed: SignedTags;
  /** Whether it is signed in the way that the rule asks for. */
  readonly has: (digest: Digest) => boolean;
}

export interface Search {
  readonly roots: Roots;
  /** The manifest of that digest, its bytes verified. */
  readonly read: (digest: Digest) => Promise<Manifest>;
  readonly signal: AbortSignal;
}

/** What was learnt about the repositories of one registry. */
export class ReachableContent {
  readonly #clock: Clock;
  /** How long a manifest that the registry did not have is not asked for again, in milliseconds. */
  readonly #patienceMs: number;
  /** The one that was begun or learnt from longest ago comes first. */
  readonly #graphs = new Map<Gun, ContentGraph>();
  /** How many checks wait until manifests of a repository are read; whose began first comes first. */
  readonly #waiting = new Map<Gun, number>();

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Takes in a manifest whose bytes were verified against its digest. What it lists never changes. */
  learn(gun: Gun, { digest, references }: Manifest): void {
    const graph = this.#graphs.get(gun) ?? new ContentGraph();
    this.#graphs.delete(gun);
    this.#graphs.set(gun, graph);
    graph.add(digest, references);
    this.#keepWithinBounds();
  }

  /**
   * Passes when the digest is signed, or listed by a manifest that is reachable. Signed manifests that were never read here,
   * because a proxy was started anew or another one served them, are read now: each once, however many clients ask.
   * @throws NOT_REACHABLE, REACHABLE_TOO_MUCH; what the registry throws while it cannot be read
   */
  async check(gun: Gun, digest: Digest, search: Search): Promise<void> {
    this.#waiting.set(gun, (this.#waiting.get(gun) ?? 0) + 1);
    try {
      await this.#search(gun, digest, search);
    } finally {
      const others = (this.#waiting.get(gun) ?? 0) - 1;
      if (others > 0) this.#waiting.set(gun, others);
      else this.#waiting.delete(gun);
    }
  }

  async #search(gun: Gun, digest: Digest, { roots, read, signal }: Search): Promise<void> {
    for (;;) {
      const graph = this.#graphs.get(gun) ?? new ContentGraph();
      if (graph.leadsTo(digest, roots.has)) return;
      this.#graphs.set(gun, graph);
      if (graph.size > limits.reachableReferences)
        throw new DctError('REACHABLE_TOO_MUCH', { gun, bound: limits.reachableReferences });
      const unread = this.#unread(graph, roots.signed);
      if (unread.length === 0) throw new DctError('NOT_REACHABLE', { gun, digest });
      const isAnothers = graph.reading !== undefined;
      try {
        await (graph.reading ??= this.#readAll(graph, unread, read).finally(() => {
          graph.reading = undefined;
        }));
      } catch (error) {
        // What the registry denies to another caller it may give to this one.
        if (!isAnothers || !isDctError(error, 'REGISTRY_DENIED')) throw error;
      }
      signal.throwIfAborted();
      this.#keepWithinBounds();
    }
  }

  /** What is left to read. That nothing is left is remembered, so that made-up digests cost a look-up each (PX-19). */
  #unread(graph: ContentGraph, signed: SignedTags): readonly Digest[] {
    const now = this.#clock.now();
    const { complete } = graph;
    if (complete?.signed === signed && now < complete.until) return [];
    const unread = graph.unread(signed.digests(), now - this.#patienceMs, limits.reachableReadsAtOnce);
    graph.complete = unread.length === 0 ? { signed, until: now + this.#patienceMs } : undefined;
    return unread;
  }

  /** Not ended by the client that asked first: others wait for it too. */
  async #readAll(graph: ContentGraph, digests: readonly Digest[], read: Search['read']): Promise<void> {
    const outcomes = await Promise.allSettled(
      digests.map(async (digest) => {
        try {
          graph.add(digest, (await read(digest)).references);
        } catch (error) {
          // Not there, or not what was signed: it leads nowhere. Everything else may be otherwise in a moment.
          if (!leadsNowhere(error)) throw error;
          graph.addMissing(digest, this.#clock.now());
        }
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #keepWithinBounds(): void {
    let size = 0;
    for (const graph of this.#graphs.values()) size += graph.size;
    if (size <= limits.reachableReferences) return;
    for (const gun of this.#leastNeeded().slice(0, -1)) {
      size -= this.#graphs.get(gun)?.size ?? 0;
      this.#graphs.delete(gun);
      if (size <= limits.reachableReferences) return;
    }
  }

  /** First what nobody waits for, then whose checks began last: many that are read at once all come to their end. */
  #leastNeeded(): readonly Gun[] {
    const idle = [...this.#graphs.keys()].filter((gun) => !this.#waiting.has(gun));
    const waitedFor = [...this.#waiting.keys()].filter((gun) => this.#graphs.has(gun));
    return [...idle, ...waitedFor.reverse()];
  }
}

function leadsNowhere(error: unknown): boolean {
  return (
    isDctError(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'MANIFEST_REFUSED') ||
    (isDctError(error) && error.family === 'trust')
  );
}
